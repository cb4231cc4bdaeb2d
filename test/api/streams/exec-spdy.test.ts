import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { statusError } from '../../../src/api/status-error.ts';
import { PODS } from '../../../src/objects/resource.ts';
import { pod } from '../fixtures.ts';
import { NO_KUBELETS, startTestServer, type TestServer } from '../http/fixture.ts';
import { FakeSession } from './fake-session.ts';
import type { SpdyClient } from './spdy/spdy-client.ts';
import { upgradeToSpdy } from './spdy/spdy-upgrade.ts';

const ALL = ['v4.channel.k8s.io', 'v3.channel.k8s.io', 'v2.channel.k8s.io', 'channel.k8s.io'];
let server: TestServer;
let session: FakeSession;
let started: number;

beforeAll(async () => {
  const open = async ({ command }: { command: readonly string[] }) => {
    started++;
    if (command[0] === 'refused') throw statusError(500, 'InternalError', 'container not found');
    return session;
  };
  server = await startTestServer({ kubelets: { ...NO_KUBELETS, exec: open } });
  await server.transport.create(PODS, pod('a', { node: 'n1' }));
});
beforeEach(() => {
  session = new FakeSession();
  started = 0;
});
afterAll(() => server.close());

async function exec(query: string, protocols = ALL): Promise<{ client: SpdyClient; protocol: string | undefined }> {
  return upgradeToSpdy(server.port, `/api/v1/namespaces/default/pods/a/exec?${query}`, protocols);
}

/** Opens the streams in the order clients do. */
function openStreams(client: SpdyClient, ...types: string[]): Record<string, number> {
  return Object.fromEntries(types.map((streamtype) => [streamtype, client.open({ streamtype })]));
}

describe('exec over SPDY', () => {
  it('begins when all streams are there, carries them, and tells the exit code on its own', async () => {
    const { client, protocol } = await exec('command=x&stdin=true&stdout=true&stderr=true');
    expect(protocol).toBe('v4.channel.k8s.io');
    const { error, stdin, stdout } = openStreams(client, 'error', 'stdin', 'stdout');
    client.data(stdin!, 'typed ahead', true);
    client.send({ type: 'ping', id: 1 });
    await client.frame(({ type }) => type === 'ping');
    expect(started).toBe(0);
    const { stderr } = openStreams(client, 'stderr');
    expect(Buffer.concat((await session.stdin.toArray()) as Buffer[]).toString()).toBe('typed ahead');
    session.stdout.write('out');
    session.stderr.write('err');
    session.end({ code: 3 });
    expect(await Promise.all([stdout, stderr].map((id) => client.ended(id!)))).toEqual(['out', 'err']);
    expect(JSON.parse(await client.ended(error!))).toMatchObject({
      status: 'Failure',
      reason: 'NonZeroExitCode',
      details: { causes: [{ reason: 'ExitCode', message: '3' }] },
    });
    client.socket.destroy();
  });

  it('resizes a terminal, whatever pieces the sizes come in', async () => {
    const { client } = await exec('command=x&stdin=true&stdout=true&stderr=true&tty=true');
    const { resize, error } = openStreams(client, 'error', 'stdin', 'stdout', 'resize');
    for (const piece of [
      '{"Width":1',
      '00,"Height":30}\n{"Width":0,"Height":0}\nnonsense\n',
      '{"Width":90,"Height":20}\n',
    ]) {
      client.data(resize!, piece);
    }
    client.data(resize!, `${'x'.repeat(100_000)}`);
    client.send({ type: 'ping', id: 1 });
    await client.frame(({ type }) => type === 'ping');
    while (session.sizes.length < 2) await new Promise(setImmediate);
    expect(session.sizes).toEqual([
      { columns: 100, rows: 30 },
      { columns: 90, rows: 20 },
    ]);
    session.end({ code: 0 });
    expect(JSON.parse(await client.ended(error!))).toEqual({ metadata: {}, status: 'Success' });
    client.socket.destroy();
  });

  it.each([
    ['v3.channel.k8s.io', ['error', 'stdout', 'resize']],
    ['v2.channel.k8s.io', ['error', 'stdout']],
    ['channel.k8s.io', ['error', 'stdout']],
  ])('%s: tells the end as a message, nothing when all went well', async (version, types) => {
    for (const code of [0, 3]) {
      session = new FakeSession();
      const { client, protocol } = await exec('command=x&stdout=true&tty=true', [version]);
      expect(protocol).toBe(version);
      const { error } = openStreams(client, ...types);
      while (session.stdout.listenerCount('readable') + session.stdout.listenerCount('end') === 0) {
        await new Promise(setImmediate);
      }
      session.end({ code });
      expect(await client.ended(error!)).toBe(
        code === 0 ? '' : 'command terminated with non-zero exit code: command terminated with exit code 3',
      );
      client.socket.destroy();
    }
  });

  it("takes the first of the client's protocols that it knows", async () => {
    const { client, protocol } = await exec('command=x&stdout=true', [
      'v9.channel.k8s.io',
      'v2.channel.k8s.io',
      ALL[0]!,
    ]);
    expect(protocol).toBe('v2.channel.k8s.io');
    client.socket.destroy();
  });

  it('refuses streams that were not announced, or twice', async () => {
    const { client } = await exec('command=x&stdout=true');
    const [stdin, , stdout] = ['stdin', 'stdout', 'stdout'].map((streamtype) => client.open({ streamtype }));
    expect([await client.reset(stdin!), await client.reset(stdout!)]).toEqual([3, 3]);
    client.socket.destroy();
  });

  it('tells in the stream what the kubelet refuses', async () => {
    const { client } = await exec('command=refused&stdout=true');
    const { error } = openStreams(client, 'error', 'stdout');
    expect(JSON.parse(await client.ended(error!))).toMatchObject({ status: 'Failure', message: 'container not found' });
    client.socket.destroy();
  });

  it('kills the program when the client goes', async () => {
    const { client } = await exec('command=x&stdout=true');
    openStreams(client, 'error', 'stdout');
    while (started === 0) await new Promise(setImmediate);
    client.socket.destroy();
    expect(await session.exit).toEqual({ code: 137 });
    expect(session.killed).toBe(true);
  });

  it('starts nothing for a client that goes before its streams are there', async () => {
    const { client } = await exec('command=x&stdout=true');
    openStreams(client, 'error');
    client.socket.end();
    await client.closed;
    expect(started).toBe(0);
  });

  it.each([
    ['command=x&stdout=true', [], '400 unable to upgrade: X-Stream-Protocol-Version is required'],
    [
      'command=x&stdout=true',
      ['v9.channel.k8s.io'],
      '403 unable to upgrade: unable to negotiate protocol: client supports [v9.channel.k8s.io]',
    ],
    ['stdout=true', ALL, '400 you must specify at least one command for the container'],
    ['command=x&stdout=true&container=other', ALL, '400 container other is not valid for pod a'],
  ])('refuses ?%s with protocols %j before the handshake', async (query, protocols, says) => {
    await expect(exec(query, protocols as string[])).rejects.toThrow(says);
  });
});
