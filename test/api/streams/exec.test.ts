import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { WebSocket } from 'ws';
import type { ExecRequest, KubeletConnector } from '../../../src/api/kubelet-connector.ts';
import { statusError } from '../../../src/api/status-error.ts';
import { PODS } from '../../../src/objects/resource.ts';
import { pod } from '../fixtures.ts';
import { NO_KUBELETS, startTestServer, type TestServer, TOKEN } from '../http/fixture.ts';
import { FakeSession } from './fake-session.ts';

let server: TestServer;
let session: FakeSession;
let requests: ExecRequest[];

beforeAll(async () => {
  const kubelets: KubeletConnector = {
    ...NO_KUBELETS,
    exec: async (request) => {
      requests.push(request);
      if (request.command[0] === 'refused') throw statusError(500, 'InternalError', 'container not found');
      return session;
    },
  };
  server = await startTestServer({ kubelets });
  await server.transport.create(PODS, pod('a', { node: 'n1' }));
});
afterAll(() => server.close());

interface Client {
  readonly socket: WebSocket;
  /** Messages of a channel so far. */
  received(channel: number): string;
  readonly closed: Promise<number>;
}

function connect(query: string, protocols = ['v5.channel.k8s.io', 'v4.channel.k8s.io']): Promise<Client> {
  session = new FakeSession();
  requests = [];
  const url = `ws://127.0.0.1:${server.port}/api/v1/namespaces/default/pods/a/exec?${query}`;
  const socket = new WebSocket(url, protocols, { headers: { Authorization: `Bearer ${TOKEN}` } });
  const chunks: Buffer[] = [];
  socket.on('message', (message: Buffer) => chunks.push(message));
  const closed = new Promise<number>((resolve) => socket.on('close', resolve));
  const received = (channel: number) =>
    chunks
      .filter(([first]) => first === channel)
      .map((chunk) => chunk.subarray(1).toString())
      .join('');
  return new Promise((resolve, reject) => {
    socket.on('open', () => resolve({ socket, received, closed }));
    socket.on('unexpected-response', (_request, response) => {
      let text = '';
      response.on('data', (chunk: Buffer) => {
        text += chunk;
      });
      response.on('end', () => reject(new Error(`${response.statusCode} ${text}`)));
    });
    socket.on('error', reject);
  });
}

const frame = (channel: number, text: string) => Buffer.concat([Buffer.of(channel), Buffer.from(text)]);

describe('exec over WebSocket', () => {
  it('carries all channels and the exit code', async () => {
    const client = await connect('command=sh&command=-c&command=x&stdin=true&stdout=true&stderr=true');
    expect(client.socket.protocol).toBe('v5.channel.k8s.io');
    client.socket.send(frame(0, 'typed'));
    client.socket.send(frame(4, '{"Width":0,"Height":0}'));
    client.socket.send(frame(4, '{"Width":100,"Height":30}'));
    client.socket.send(Buffer.of(255, 0));
    const typed: Buffer[] = [];
    for await (const chunk of session.stdin) typed.push(chunk as Buffer);
    expect(Buffer.concat(typed).toString()).toBe('typed');
    expect(session.sizes).toEqual([{ columns: 100, rows: 30 }]);
    expect(requests).toEqual([
      {
        node: 'n1',
        namespace: 'default',
        pod: 'a',
        container: 'main',
        stdin: true,
        tty: false,
        command: ['sh', '-c', 'x'],
      },
    ]);
    session.stdout.write('out');
    session.stderr.write('err');
    session.end({ code: 3 });
    expect(await client.closed).toBe(1000);
    expect([client.received(1), client.received(2)]).toEqual(['out', 'err']);
    expect(JSON.parse(client.received(3))).toMatchObject({
      status: 'Failure',
      reason: 'NonZeroExitCode',
      details: { causes: [{ reason: 'ExitCode', message: '3' }] },
    });
    expect(session.killed).toBe(false);
  });

  it('says Success, or why the program did not start', async () => {
    const good = await connect('command=true&stdout=true', ['v4.channel.k8s.io']);
    session.end({ code: 0 });
    await good.closed;
    expect(JSON.parse(good.received(3))).toEqual({ metadata: {}, status: 'Success' });
    const bad = await connect('command=nope&stdout=true');
    session.end({ code: 127, error: 'executable file not found in $PATH' });
    await bad.closed;
    expect(JSON.parse(bad.received(3))).toMatchObject({
      status: 'Failure',
      message: 'executable file not found in $PATH',
    });
  });

  it('kills the program when the client goes', async () => {
    const client = await connect('command=sleep&stdout=true');
    const killed = session.exit;
    client.socket.terminate();
    expect(await killed).toEqual({ code: 137 });
  });

  it('tells in the stream what the kubelet refuses', async () => {
    const client = await connect('command=refused&stdout=true');
    await client.closed;
    expect(JSON.parse(client.received(3))).toMatchObject({ status: 'Failure', message: 'container not found' });
  });

  it.each([
    ['stdout=true', /^400 .*you must specify at least one command/],
    ['command=x', /^400 .*you must specify at least 1 of stdin, stdout, stderr/],
    ['command=x&stdout=true&container=other', /^400 .*container other is not valid for pod a/],
  ])('refuses ?%s before the handshake', async (query, says) => {
    await expect(connect(query)).rejects.toThrow(says);
    expect(requests).toEqual([]);
  });

  it('refuses protocols it does not speak, and plain requests', async () => {
    await expect(connect('command=x&stdout=true', ['channel.k8s.io'])).rejects.toThrow(/^400 .*v5\.channel\.k8s\.io/);
    const plain = await server.call('POST', '/api/v1/namespaces/default/pods/a/exec?command=x&stdout=true');
    expect(plain.body.message).toBe('Upgrade request required');
    const stranger = new WebSocket(
      `ws://127.0.0.1:${server.port}/api/v1/namespaces/default/pods/a/exec?command=x&stdout=true`,
    );
    await expect(new Promise((_resolve, reject) => stranger.on('error', reject))).rejects.toThrow('401');
  });
});
