import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Server } from 'node:net';
import type { Duplex } from 'node:stream';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { WebSocket } from 'ws';
import type { PodRef } from '../../../src/api/kubelet-connector.ts';
import { PODS } from '../../../src/objects/resource.ts';
import { pod } from '../fixtures.ts';
import { NO_KUBELETS, startTestServer, type TestServer, TOKEN } from '../http/fixture.ts';
import type { SpdyClient } from './spdy/spdy-client.ts';
import { upgradeToSpdy } from './spdy/spdy-upgrade.ts';

let server: TestServer;
/** Stands for the pod's program: it says what it was told, and closes when the client has said all. */
let echo: Server;
let asked: [PodRef, number][];
const connections: Duplex[] = [];

beforeAll(async () => {
  echo = createServer({ allowHalfOpen: true }, (socket) => socket.on('error', () => undefined).pipe(socket));
  await new Promise<void>((resolve) => echo.listen(0, '127.0.0.1', resolve));
  server = await startTestServer({
    kubelets: {
      ...NO_KUBELETS,
      portForward: async (ref, port) => {
        asked.push([ref, port]);
        if (port === 81) throw new Error('dial tcp 127.0.0.1:81: connect: connection refused');
        const socket = connect((echo.address() as AddressInfo).port, '127.0.0.1');
        await once(socket, 'connect');
        connections.push(socket);
        return socket;
      },
    },
  });
  await server.transport.create(PODS, pod('a', { node: 'n1' }));
  await server.transport.create(PODS, pod('unscheduled'));
});
beforeEach(() => {
  asked = [];
  connections.length = 0;
});
afterAll(() => {
  server.close();
  echo.close();
});

/** Resolves when the connection is closed, in whichever way. */
const closing = (connection: Duplex) => new Promise((resolve) => connection.on('close', resolve));

const path = (name: string, query = '') => `/api/v1/namespaces/default/pods/${name}/portforward${query}`;

async function spdy({ protocols = ['portforward.k8s.io'], name = 'a' } = {}): Promise<SpdyClient> {
  const { client, protocol } = await upgradeToSpdy(server.port, path(name), protocols);
  expect(protocol).toBe('portforward.k8s.io');
  return client;
}

describe('port-forward over SPDY', () => {
  it('joins the streams of a request, and carries the data to its end', async () => {
    const client = await spdy();
    const streams = ['0', '1'].map((requestid) => ({
      error: client.open({ streamtype: 'error', port: '80', requestid }, true),
      requestid,
    }));
    // The data streams come in another order.
    const data = streams.reverse().map(({ requestid }) => client.open({ streamtype: 'data', port: '80', requestid }));
    for (const id of data) client.data(id, `to ${id}`, true);
    expect(await Promise.all(data.map((id) => client.ended(id)))).toEqual(data.map((id) => `to ${id}`));
    expect(await Promise.all(streams.map(({ error }) => client.ended(error)))).toEqual(['', '']);
    expect(asked).toHaveLength(2);
    expect(asked[0]).toEqual([expect.objectContaining({ node: 'n1', namespace: 'default', pod: 'a' }), 80]);
    client.socket.destroy();
  });

  it('joins streams without a request number as old clients open them', async () => {
    const client = await spdy();
    client.open({ streamtype: 'error', port: '80' }, true);
    const data = client.open({ streamtype: 'data', port: '80' });
    client.data(data, 'x', true);
    expect(await client.ended(data)).toBe('x');
    client.socket.destroy();
  });

  it('tells why there is no connection, and goes on', async () => {
    const client = await spdy();
    const error = client.open({ streamtype: 'error', port: '81', requestid: '0' }, true);
    const data = client.open({ streamtype: 'data', port: '81', requestid: '0' });
    expect(await client.ended(error)).toMatch(
      /^error forwarding port 81 to pod a, uid \S+: dial tcp 127\.0\.0\.1:81: connect: connection refused$/,
    );
    expect(await client.ended(data)).toBe('');
    client.send({ type: 'ping', id: 1 });
    await client.frame(({ type }) => type === 'ping');
    client.socket.destroy();
  });

  it.each([
    ['no type', { port: '80' }],
    ['another type', { streamtype: 'stdin', port: '80' }],
    ['no port', { streamtype: 'data' }],
    ['a port that is none', { streamtype: 'data', port: '80; reboot' }],
    ['a port beyond all', { streamtype: 'data', port: '65536' }],
  ])('refuses a stream of %s', async (_what, headers) => {
    const client = await spdy();
    expect(await client.reset(client.open(headers as Record<string, string>))).toBe(3);
    client.socket.destroy();
  });

  it('refuses a second stream of a type', async () => {
    const client = await spdy();
    client.open({ streamtype: 'error', port: '80', requestid: '0' });
    expect(await client.reset(client.open({ streamtype: 'error', port: '80', requestid: '0' }))).toBe(5);
    client.socket.destroy();
  });

  it('closes the connection to the pod when the stream is reset, and when the client goes', async () => {
    const client = await spdy();
    const data = ['0', '1'].map((requestid) => {
      client.open({ streamtype: 'error', port: '80', requestid }, true);
      return client.open({ streamtype: 'data', port: '80', requestid });
    });
    for (const id of data) client.data(id, 'x');
    for (const id of data) await client.frame((frame) => frame.type === 'data' && frame.id === id);
    const closed = connections.map((connection) => closing(connection));
    client.send({ type: 'rst-stream', id: data[0]!, reason: 5 });
    await closed[0];
    expect(connections[1]!.destroyed).toBe(false);
    client.socket.destroy();
    await closed[1];
  });

  it.each([
    ['without a protocol', { protocols: [] }, '400 unable to upgrade: X-Stream-Protocol-Version is required'],
    [
      'with another protocol',
      { protocols: ['v4.channel.k8s.io'] },
      '403 unable to upgrade: unable to negotiate protocol: client supports [v4.channel.k8s.io], server accepts [portforward.k8s.io]',
    ],
    ['to no pod', { name: 'none' }, '404 pods "none" not found'],
    ['to a pod on no node', { name: 'unscheduled' }, '400 pod unscheduled does not have a host assigned'],
  ])('is refused %s', async (_what, upgrade, says) => {
    await expect(spdy(upgrade)).rejects.toThrow(says);
  });
});

describe('port-forward over WebSocket channels', () => {
  function open(query: string, protocol: string) {
    const url = `ws://127.0.0.1:${server.port}${path('a', query)}`;
    const socket = new WebSocket(url, protocol, { headers: { Authorization: `Bearer ${TOKEN}` } });
    const received = new Map<number, string>();
    socket.on('message', ([channel, ...bytes]: Buffer) => {
      received.set(channel!, (received.get(channel!) ?? '') + Buffer.from(bytes).toString('latin1'));
    });
    return { socket, received, opened: once(socket, 'open'), closed: once(socket, 'close') };
  }

  it('v4: a connection for each port, which each channel names first', async () => {
    const { socket, received, opened, closed } = open('?ports=80&ports=81,82', 'v4.channel.k8s.io');
    await opened;
    socket.send(Buffer.from('\0to 80', 'latin1'));
    socket.send(Buffer.from('\x04to 82', 'latin1'));
    while (received.get(0)?.length !== 7 || received.get(4)?.length !== 7 || (received.get(3)?.length ?? 0) < 3) {
      await new Promise(setImmediate);
    }
    expect([...received].sort(([a], [b]) => a - b)).toEqual([
      [0, 'P\0to 80'],
      [1, 'P\0'],
      [2, 'Q\0'],
      [3, expect.stringMatching(/^Q\0error forwarding port 81 to pod a, uid \S+: dial tcp/)],
      [4, 'R\0to 82'],
      [5, 'R\0'],
    ]);
    socket.terminate();
    await Promise.all([closed, ...connections.map((connection) => closing(connection))]);
  });

  it('v5: the end of a channel is passed on, once', async () => {
    const { socket, received, opened, closed } = open('?ports=80', 'v5.channel.k8s.io');
    await opened;
    socket.send(Buffer.from('\0all', 'latin1'));
    for (let count = 0; count < 3; count++) socket.send(Buffer.of(255, 0));
    socket.send(Buffer.from('\0too late', 'latin1'));
    expect((await closed)[0]).toBe(1000);
    expect(received.get(0)).toBe('P\0all');
  });

  it.each([
    ['', 'query parameter "ports" is required'],
    ['?ports=', 'unable to parse "" as a port'],
    ['?ports=80,x', 'unable to parse "x" as a port'],
    ['?ports=0', 'unable to parse "0" as a port'],
    [`?ports=${Array(65).fill(80)}`, 'at most 64 ports can be forwarded at once'],
  ])('%s: %s', async (query, says) => {
    const { socket } = open(query, 'v4.channel.k8s.io');
    const [, response] = (await once(socket, 'unexpected-response')) as [unknown, import('node:http').IncomingMessage];
    const text = Buffer.concat((await response.toArray()) as Buffer[]).toString();
    expect(JSON.parse(text)).toMatchObject({ code: 400, message: says });
  });
});

it('a plain request is told what it lacks', async () => {
  expect((await server.call('GET', path('a'))).body.message).toBe('Upgrade request required');
});
