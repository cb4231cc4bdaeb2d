/** The experiment of docs/decisions/0002: where sockets land that Node itself makes inside a window, and where ours do. */
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { connect, createServer } from 'node:net';
import { Worker } from 'node:worker_threads';
import { beforeAll, describe, expect, it } from 'vitest';
import { scratch } from '../scratch.ts';

const { kernel, create } = scratch();
let netns: string;
beforeAll(async () => {
  [netns] = (await create(['where'])) as [string];
});

/** True when the namespace (`''`: our own) has a socket bound to this port. */
const has = (where: string, table: 'tcp' | 'udp', port: number) =>
  kernel
    .within(where, () => readFileSync(`/proc/net/${table}`, 'utf8'))
    .includes(`:${port.toString(16).toUpperCase().padStart(4, '0')} 00000000:0000`);

describe('made by Node inside the window', () => {
  it('listen(port, host) makes its socket later, outside', async () => {
    const server = createServer();
    kernel.within(netns, () => void server.listen(28081, '127.0.0.1'));
    await once(server, 'listening');
    expect([has(netns, 'tcp', 28081), has('', 'tcp', 28081)]).toEqual([false, true]);
    server.close();
  });

  it('dgram bind(port, address) binds later, outside', async () => {
    const socket = kernel.within(netns, () => createSocket('udp4'));
    kernel.within(netns, () => void socket.bind(28082, '127.0.0.1'));
    await once(socket, 'listening');
    expect([has(netns, 'udp', 28082), has('', 'udp', 28082)]).toEqual([false, true]);
    socket.close();
  });

  it('net.connect() makes its socket later, outside', async () => {
    const server = createServer();
    await kernel.sockets.listen(netns, server, { host: '127.0.0.1', port: 28083 });
    const socket = kernel.within(netns, () => connect({ host: '127.0.0.1', port: 28083 }));
    const [error] = await once(socket, 'error').catch((reason) => [reason]);
    expect(error).toMatchObject({ code: 'ECONNREFUSED' });
    server.close();
  });

  it('fs.promises reads /proc/sys in a pool thread, outside; synchronous fs follows the window', async () => {
    const key = '/proc/sys/net/ipv4/ip_forward';
    const other = readFileSync(key, 'utf8').trim() === '1' ? '0' : '1';
    await kernel.run(netns, [{ tool: 'sysctl', values: { 'net.ipv4.ip_forward': other } }]);
    expect(kernel.within(netns, () => readFileSync(key, 'utf8').trim())).toBe(other);
    const later = kernel.within(netns, () => ({ text: readFile(key, 'utf8') }));
    expect((await later.text).trim()).not.toBe(other);
  });
});

describe('handed over as a descriptor', () => {
  it('all of them live in the namespace', async () => {
    const server = createServer();
    await kernel.sockets.listen(netns, server, { host: '127.0.0.1', port: 28084 });
    const socket = await kernel.sockets.bindUdp(netns, { host: '127.0.0.1', port: 28085 });
    expect([has(netns, 'tcp', 28084), has('', 'tcp', 28084)]).toEqual([true, false]);
    expect([has(netns, 'udp', 28085), has('', 'udp', 28085)]).toEqual([true, false]);
    const client = kernel.sockets.connect(netns, { host: '127.0.0.1', port: 28084 });
    await once(client, 'connect');
    client.destroy();
    server.close();
    socket.close();
  });
});

it('a window of this thread does not move another thread', async () => {
  const code = `
    const { parentPort } = require('node:worker_threads');
    const { readlinkSync } = require('node:fs');
    parentPort.on('message', () => parentPort.postMessage(readlinkSync('/proc/thread-self/ns/net')));
  `;
  const worker = new Worker(code, { eval: true });
  const home = kernel.namespaceInode('');
  const answer = once(worker, 'message');
  kernel.within(netns, () => {
    worker.postMessage('where');
    // Stay here while the other thread looks.
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 200);
  });
  expect((await answer)[0]).toBe(`net:[${home}]`);
  await worker.terminate();
});
