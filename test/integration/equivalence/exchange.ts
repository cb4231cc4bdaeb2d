/** One question and its answer over real sockets: servers that say who they are and whom they see, and those who ask. */
import type { Socket as UdpSocket } from 'node:dgram';
import { createServer } from 'node:net';
import type { Kernel, Netns } from '../../../src/kernel/kernel.ts';

/** What one question met: `name peer-address`, or how it failed. */
export type Answer =
  | { readonly server: string; readonly peer: string }
  | { readonly failed: 'refused' | 'silence' | 'closed' };

/** A router that knows no way says so, but not always in time: that counts as no answer. */
const FAILURES: Readonly<Record<string, 'refused' | 'closed' | 'silence'>> = {
  ECONNREFUSED: 'refused',
  ECONNRESET: 'closed',
  EHOSTUNREACH: 'silence',
  ENETUNREACH: 'silence',
};

/** Listens on TCP and UDP ports of a namespace as `name`. Gives what closes it. */
export async function serve(kernel: Kernel, netns: Netns, name: string, ports: readonly number[]): Promise<() => void> {
  const closers: (() => void)[] = [];
  for (const port of ports) {
    const server = createServer((socket) => {
      socket.on('error', () => socket.destroy());
      socket.end(`${name} ${socket.remoteAddress}`);
    });
    await kernel.sockets.listen(netns, server, { host: '0.0.0.0', port });
    const udp = await kernel.sockets.bindUdp(netns, { host: '0.0.0.0', port });
    udp.on('message', (_text, peer) => udp.send(`${name} ${peer.address}`, peer.port, peer.address));
    closers.push(
      () => server.close(),
      () => udp.close(),
    );
  }
  return () => {
    for (const close of closers) close();
  };
}

/** Connects from `netns` and reads what the server says. */
export function askTcp(kernel: Kernel, netns: Netns, host: string, port: number, withinMs: number): Promise<Answer> {
  return new Promise((resolve) => {
    const socket = kernel.sockets.connect(netns, { host, port });
    let text = '';
    let failed: 'refused' | 'silence' | 'closed' | undefined;
    socket.setTimeout(withinMs, () => {
      failed = 'silence';
      socket.destroy();
    });
    socket.on('data', (data) => {
      text += data;
    });
    socket.on('error', ({ code = '' }: NodeJS.ErrnoException) => {
      failed = FAILURES[code] ?? 'closed';
    });
    socket.on('close', () => resolve(failed === undefined ? answerOf(text) : { failed }));
  });
}

/** A socket that asks one server address over UDP, from one source port for as long as it lives. */
export async function udpAsker(kernel: Kernel, netns: Netns, host: string, port: number) {
  const socket = await kernel.sockets.bindUdp(netns, { host: '0.0.0.0', port: 0 });
  await connected(socket, host, port);
  return {
    close: () => socket.close(),
    ask: (withinMs: number): Promise<Answer> =>
      new Promise((resolve) => {
        const finish = (answer: Answer) => {
          clearTimeout(timer);
          socket.removeAllListeners('message');
          socket.removeAllListeners('error');
          // A refusal that comes late must not end the process.
          socket.on('error', () => undefined);
          resolve(answer);
        };
        const timer = setTimeout(() => finish({ failed: 'silence' }), withinMs);
        socket.removeAllListeners('error');
        socket.on('error', ({ code = '' }: NodeJS.ErrnoException) => finish({ failed: FAILURES[code] ?? 'closed' }));
        socket.on('message', (text) => finish(answerOf(text.toString())));
        socket.send('?');
      }),
  };
}

/** A connected socket is told of refusals. */
function connected(socket: UdpSocket, host: string, port: number): Promise<void> {
  return new Promise((resolve) => socket.connect(port, host, resolve));
}

function answerOf(text: string): Answer {
  const [server, peer] = text.split(' ');
  return server === undefined || peer === undefined ? { failed: 'closed' } : { server, peer };
}
