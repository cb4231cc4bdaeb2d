/** Servers and clients whose sockets stand in namespaces: they answer who they are and whom they saw. */
import { createServer, type Server } from 'node:net';
import { afterAll, afterEach } from 'vitest';
import type { Kernel, Netns } from '../../../src/kernel/kernel.ts';

const closers: (() => void)[] = [];

/** Closes every server at the end of a test. */
export function closeServersAfterEach(): void {
  afterEach(() => {
    for (const close of closers.splice(0)) close();
  });
}

/** Closes every server at the end of a file. */
export function closeServersAfterAll(): void {
  afterAll(() => {
    for (const close of closers.splice(0)) close();
  });
}

/** A TCP server that answers `name client-ip` and hangs up. */
export async function serveTcp(
  kernel: Kernel,
  netns: Netns,
  name: string,
  port: number,
  host = '0.0.0.0',
): Promise<Server> {
  const server = createServer((socket) => {
    socket.on('error', () => socket.destroy());
    socket.end(`${name} ${socket.remoteAddress?.replace('::ffff:', '')}`);
  });
  await kernel.sockets.listen(netns, server, { host, port });
  closers.push(() => server.close());
  return server;
}

/** A TCP server that stays, and answers every word with `name word`. */
export async function serveWords(kernel: Kernel, netns: Netns, name: string, port: number): Promise<void> {
  const server = createServer((socket) => {
    socket.on('error', () => socket.destroy());
    socket.on('data', (word) => socket.write(`${name} ${word}`));
  });
  await kernel.sockets.listen(netns, server, { host: '0.0.0.0', port });
  closers.push(() => server.close());
}

/** A connection to a `serveWords` that stays open; `say` gives what it answers. */
export function converse(kernel: Kernel, netns: Netns, host: string, port: number) {
  const socket = kernel.sockets.connect(netns, { host, port });
  socket.on('error', () => socket.destroy());
  return {
    say: (word: string): Promise<string> =>
      new Promise((resolve, reject) => {
        socket.once('data', (data) => resolve(data.toString()));
        socket.once('close', () => reject(new Error('closed')));
        socket.write(word);
      }),
    /** With a reset: a connection that is closed in order is kept in mind for two minutes, this for ten seconds. */
    reset: () => void socket.resetAndDestroy(),
  };
}

/** A UDP server that answers every packet with `name`. */
export async function serveUdp(kernel: Kernel, netns: Netns, name: string, port: number): Promise<() => void> {
  const socket = await kernel.sockets.bindUdp(netns, { host: '0.0.0.0', port });
  socket.on('message', (_message, peer) => socket.send(name, peer.port, peer.address));
  let isOpen = true;
  const close = () => {
    if (isOpen) socket.close();
    isOpen = false;
  };
  closers.push(close);
  return close;
}

export interface Answer {
  readonly text: string;
  readonly error: string | undefined;
  readonly ms: number;
}

/** What a TCP server answers a connection from `netns`; errors by their code (`ECONNREFUSED`). */
export function ask(kernel: Kernel, netns: Netns, host: string, port: number, timeoutMs = 3000): Promise<Answer> {
  const start = performance.now();
  return new Promise((resolve) => {
    const socket = kernel.sockets.connect(netns, { host, port });
    let text = '';
    let error: string | undefined;
    socket.setTimeout(timeoutMs, () => {
      error = 'TIMEOUT';
      socket.destroy();
    });
    socket.on('data', (data) => {
      text += data;
    });
    socket.on('error', (cause: NodeJS.ErrnoException) => {
      error = cause.code;
    });
    socket.on('close', () => resolve({ text, error, ms: performance.now() - start }));
  });
}

/** A UDP client with one source port for as long as it lives. */
export async function udpClient(kernel: Kernel, netns: Netns, host: string, port: number) {
  const socket = await kernel.sockets.bindUdp(netns, { host: '0.0.0.0', port: 0 });
  closers.push(() => socket.close());
  // ECONNREFUSED comes as an event when nobody listens any more: here that is an answer not given.
  socket.on('error', () => undefined);
  return {
    /** The answer to one packet; undefined when none comes in time. */
    ask: (timeoutMs = 500): Promise<string | undefined> =>
      new Promise((resolve) => {
        const timer = setTimeout(() => finish(undefined), timeoutMs);
        const finish = (answer: string | undefined) => {
          clearTimeout(timer);
          socket.off('message', onMessage);
          resolve(answer);
        };
        const onMessage = (message: Buffer) => finish(message.toString());
        socket.on('message', onMessage);
        socket.send('?', port, host);
      }),
  };
}
