import { createServer, type Socket } from 'node:net';
import { text } from 'node:stream/consumers';
import { afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { RelaySpec } from '../../../src/proxy/backends/userspace/relays.ts';
import type { RelayClient } from '../../../src/proxy/userspace/relay-client.ts';
import { eventually, scratch } from '../scratch.ts';
import { relaysInProcess } from './relays-in-process.ts';
import { ask, closeServersAfterEach, serveTcp, udpClient } from './servers.ts';

// The relays themselves, with real sockets on the loopback of a namespace: 127.0.0.2 and on are the endpoints' addresses.

const lab = scratch();
let netns: string;
let relays: RelayClient;
const open: Socket[] = [];

beforeAll(async () => {
  [netns = ''] = await lab.create(['node-1']);
  relays = relaysInProcess(lab.kernel.sockets);
});
closeServersAfterEach();
afterEach(async () => {
  for (const socket of open.splice(0)) socket.destroy();
  await relays.keep({ netns, family: 4 }, []);
});

let count = 0;

async function relay(
  spec: Partial<RelaySpec> & { endpoints: RelaySpec['endpoints'] },
): Promise<{ key: string; port: number }> {
  count += 1;
  const key = spec.key ?? `relay-${count}`;
  const ports = await relays.open({ netns, family: 4 }, [{ protocol: 'TCP', ...spec, key }]);
  return { key, port: ports.get(key)! };
}

function connect(port: number): Socket {
  const socket = lab.kernel.sockets.connect(netns, { host: '127.0.0.1', port });
  socket.allowHalfOpen = true;
  socket.on('error', () => undefined);
  open.push(socket);
  return socket;
}

/** A server at `host` that hands over each connection. */
async function serve(host: string, onSocket: (socket: Socket) => void): Promise<number> {
  const server = createServer({ allowHalfOpen: true }, (socket) => {
    open.push(socket);
    socket.on('error', () => undefined);
    onSocket(socket);
  });
  await lab.kernel.sockets.listen(netns, server, { host, port: 0 });
  open.push({ destroy: () => server.close() } as unknown as Socket);
  return (server.address() as { port: number }).port;
}

describe('a TCP relay', () => {
  it('gives one connection after the other to one endpoint after the other', async () => {
    const endpoints = [2, 3, 4].map((n) => ({ ip: `127.0.0.${n}`, port: 8080 }));
    for (const { ip } of endpoints) await serveTcpAt(ip, 8080);
    const { port } = await relay({ endpoints });
    const answers: string[] = [];
    for (let index = 0; index < 9; index += 1) answers.push((await ask(lab.kernel, netns, '127.0.0.1', port)).text);
    expect(new Set(answers.slice(0, 3)).size).toBe(3);
    expect(answers.slice(3, 6)).toEqual(answers.slice(0, 3));
    expect(answers.slice(6)).toEqual(answers.slice(0, 3));
  });

  it('goes to the next endpoint when one refuses, and closes when all do', async () => {
    await serveTcpAt('127.0.0.3', 8081);
    const { port } = await relay({
      endpoints: [
        { ip: '127.0.0.2', port: 8081 },
        { ip: '127.0.0.3', port: 8081 },
      ],
    });
    for (let index = 0; index < 6; index += 1)
      expect((await ask(lab.kernel, netns, '127.0.0.1', port)).text).toBe('127.0.0.3');
    const { port: dead } = await relay({ endpoints: [{ ip: '127.0.0.2', port: 8081 }] });
    expect(await ask(lab.kernel, netns, '127.0.0.1', dead)).toMatchObject({ text: '', error: undefined });
  });

  it('moves a client that sticks to an endpoint which refuses', async () => {
    const first = await serveTcp(lab.kernel, netns, 'one', 8082);
    const { port } = await relay({
      endpoints: [
        { ip: '127.0.0.1', port: 8082 },
        { ip: '127.0.0.2', port: 8083 },
      ],
      affinitySeconds: 60,
    });
    const ask1 = async () => (await ask(lab.kernel, netns, '127.0.0.1', port)).text;
    expect(await ask1()).toContain('one');
    first.close();
    await serveTcpAt('127.0.0.2', 8083);
    for (let index = 0; index < 3; index += 1) expect(await ask1()).toBe('127.0.0.2');
  });

  it('closes at once without endpoints, and serves as soon as there is one', async () => {
    const { key, port } = await relay({ endpoints: [] });
    expect(await ask(lab.kernel, netns, '127.0.0.1', port)).toMatchObject({ text: '', error: undefined });
    await serveTcpAt('127.0.0.2', 8084);
    expect((await relay({ key, endpoints: [{ ip: '127.0.0.2', port: 8084 }] })).port).toBe(port);
    expect((await ask(lab.kernel, netns, '127.0.0.1', port)).text).toBe('127.0.0.2');
  });

  it('lets each side end its half alone', async () => {
    const port = await serve('127.0.0.2', async (socket) => {
      socket.end(`got ${await text(socket)}`);
    });
    const client = connect((await relay({ endpoints: [{ ip: '127.0.0.2', port }] })).port);
    client.end('question');
    expect(await text(client)).toBe('got question');

    const greeted = Promise.withResolvers<string>();
    const eager = await serve('127.0.0.2', (socket) => {
      socket.end('first');
      text(socket).then(greeted.resolve, greeted.reject);
    });
    const late = connect((await relay({ endpoints: [{ ip: '127.0.0.2', port: eager }] })).port);
    expect(await text(late)).toBe('first');
    late.end('after the end');
    expect(await greeted.promise).toBe('after the end');
  });

  it('holds a sender back whose receiver does not read, and then delivers every byte', async () => {
    const size = 32 * 1024 * 1024;
    const accepted = Promise.withResolvers<Socket>();
    const port = await serve('127.0.0.2', (socket) => {
      socket.pause();
      accepted.resolve(socket);
    });
    const client = connect((await relay({ endpoints: [{ ip: '127.0.0.2', port }] })).port);
    client.end(Buffer.alloc(size, 7));
    const backend = await accepted.promise;
    // The buffers of two connections hold some megabytes each; behind them the sender waits.
    let before = -1;
    await eventually(async () => {
      const isSettled = client.bytesWritten > 0 && client.writableLength === before;
      before = client.writableLength;
      await new Promise((resolve) => setTimeout(resolve, 100));
      return isSettled;
    });
    expect(before).toBeGreaterThan(size / 4);
    let received = 0;
    backend.on('data', (data) => {
      received += data.length;
    });
    backend.resume();
    await new Promise((resolve) => backend.once('end', resolve));
    expect(received).toBe(size);
  });

  it('resets one side when the other breaks', async () => {
    // Not before it has been passed on: a connection that breaks earlier has the relay try the next endpoint.
    const port = await serve('127.0.0.2', (socket) => socket.once('data', () => socket.resetAndDestroy()));
    const client = connect((await relay({ endpoints: [{ ip: '127.0.0.2', port }] })).port);
    const failure = new Promise((resolve) => client.once('error', resolve));
    client.write('x');
    expect(await failure).toMatchObject({ code: 'ECONNRESET' });
  });

  it('lets connections go on when it is closed, and refuses new ones a moment later', async () => {
    const port = await serve('127.0.0.2', (socket) => socket.pipe(socket));
    const { key, port: front } = await relay({ endpoints: [{ ip: '127.0.0.2', port }] });
    const client = connect(front);
    const answer = () => new Promise<string>((resolve) => client.once('data', (data) => resolve(`${data}`)));
    client.write('one');
    expect(await answer()).toBe('one');
    await relays.close({ netns, family: 4 }, [key]);
    await eventually(async () => (await ask(lab.kernel, netns, '127.0.0.1', front, 50)).error === 'ECONNREFUSED');
    client.write('two');
    expect(await answer()).toBe('two');
  });

  it('takes the port it had before, another when that is taken', async () => {
    const { port } = await relay({ endpoints: [] });
    const again = await relay({ endpoints: [], port });
    expect(again.port).not.toBe(port);
    const free = await relay({ endpoints: [], port: 45_678 });
    expect(free.port).toBe(45_678);
  });
});

describe('a UDP relay', () => {
  it('keeps a client at its endpoint while it sends, and chooses anew when that vanishes', async () => {
    const endpoints = [
      { ip: '127.0.0.2', port: 5353 },
      { ip: '127.0.0.3', port: 5353 },
    ];
    for (const { ip } of endpoints) await serveUdpAt(ip, 5353);
    const { key, port } = await relay({ protocol: 'UDP', endpoints });
    const client = await udpClient(lab.kernel, netns, '127.0.0.1', port);
    const first = await client.ask();
    expect(first).toMatch(/^127\.0\.0\.[23]$/);
    for (let index = 0; index < 5; index += 1) expect(await client.ask()).toBe(first);
    await relay({ key, protocol: 'UDP', endpoints: endpoints.filter(({ ip }) => ip !== first) });
    expect(await client.ask()).toBe(endpoints.find(({ ip }) => ip !== first)!.ip);
  });

  it('lets go of a client that is silent: the next packet goes to the next endpoint', async () => {
    const endpoints = [
      { ip: '127.0.0.2', port: 5354 },
      { ip: '127.0.0.3', port: 5354 },
    ];
    for (const { ip } of endpoints) await serveUdpAt(ip, 5354);
    const { port } = await relay({ protocol: 'UDP', endpoints });
    const client = await udpClient(lab.kernel, netns, '127.0.0.1', port);
    const first = await client.ask();
    await eventually(async () => {
      await new Promise((resolve) => setTimeout(resolve, 400));
      return (await client.ask()) !== first;
    });
  });

  it('is silent without endpoints', async () => {
    const { port } = await relay({ protocol: 'UDP', endpoints: [] });
    const client = await udpClient(lab.kernel, netns, '127.0.0.1', port);
    expect(await client.ask(100)).toBeUndefined();
  });
});

/** A server at `ip` that answers with its address. */
async function serveTcpAt(ip: string, port: number): Promise<void> {
  const server = createServer((socket) => socket.end(ip));
  await lab.kernel.sockets.listen(netns, server, { host: ip, port });
  open.push({ destroy: () => server.close() } as unknown as Socket);
}

async function serveUdpAt(ip: string, port: number): Promise<void> {
  const socket = await lab.kernel.sockets.bindUdp(netns, { host: ip, port });
  socket.on('message', (_message, peer) => socket.send(ip, peer.port, peer.address));
  open.push({ destroy: () => socket.close() } as unknown as Socket);
}
