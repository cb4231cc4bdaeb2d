/** One question and its answer over real sockets: servers that say who they are and whom they see, and those who ask. */
import type { Socket as UdpSocket } from 'node:dgram';
import { createServer } from 'node:net';
import type { Kernel, Netns } from '../../../src/kernel/kernel.ts';
import { unmapped, wildcardFor } from '../../../src/net/host-port.ts';

type Failure = 'refused' | 'silence' | 'closed';

/** What one question met: who answered and whom it saw, or how it failed. */
export type Answer = { readonly server: string; readonly peer: string } | { readonly failed: Failure };

/** A router that knows no way says so, but not always in time: that counts as no answer. */
const FAILURES: Readonly<Record<string, Failure>> = {
  ECONNREFUSED: 'refused',
  // Nobody speaks that protocol.
  ENOPROTOOPT: 'refused',
  ECONNRESET: 'closed',
  EHOSTUNREACH: 'silence',
  ENETUNREACH: 'silence',
};

/** What a system call's error says of the way. */
export function failureOf(code: string): Failure {
  return FAILURES[code] ?? 'closed';
}

/** Listens on TCP and UDP ports of a namespace that has these addresses, as `name`. Gives what closes it. */
export async function serve(
  kernel: Kernel,
  { netns, ips }: { readonly netns: Netns; readonly ips: readonly string[] },
  name: string,
  ports: readonly number[],
): Promise<() => void> {
  const closers: (() => void)[] = [];
  const host = wildcardFor(ips);
  for (const port of ports) {
    const server = createServer((socket) => {
      socket.on('error', () => socket.destroy());
      socket.end(`${name} ${unmapped(socket.remoteAddress ?? '')}`);
    });
    await kernel.sockets.listen(netns, server, { host, port });
    const udp = await kernel.sockets.bindUdp(netns, { host, port });
    udp.on('message', (_text, peer) => udp.send(`${name} ${unmapped(peer.address)}`, peer.port, peer.address));
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
      failed = failureOf(code);
    });
    socket.on('close', () => resolve(failed === undefined ? answerOf(text) : { failed }));
  });
}

const RESEND_MS = 4000;

/** A socket that asks one server address over UDP, from one source port for as long as it lives. */
export async function udpAsker(kernel: Kernel, netns: Netns, host: string, port: number) {
  const socket = await kernel.sockets.bindUdp(netns, { host: wildcardFor([host]), port: 0 });
  await connected(socket, host, port);
  return {
    close: () => socket.close(),
    ask: (withinMs: number): Promise<Answer> =>
      new Promise((resolve) => {
        let again: NodeJS.Timeout | undefined;
        const finish = (answer: Answer) => {
          clearTimeout(timer);
          clearInterval(again);
          socket.removeAllListeners('message');
          socket.removeAllListeners('error');
          // A refusal that comes late must not end the process.
          socket.on('error', () => undefined);
          resolve(answer);
        };
        const timer = setTimeout(() => finish({ failed: 'silence' }), withinMs);
        // IPVS forgets a flow whose answer takes longer than its time-out for UDP, here two seconds: under load one may.
        again = setInterval(() => socket.send('?'), RESEND_MS);
        socket.removeAllListeners('error');
        socket.on('error', ({ code = '' }: NodeJS.ErrnoException) => finish({ failed: failureOf(code) }));
        socket.on('message', (text) => finish(answerOf(text.toString())));
        socket.send('?');
      }),
  };
}

/** A connected socket is told of refusals. */
function connected(socket: UdpSocket, host: string, port: number): Promise<void> {
  return new Promise((resolve) => socket.connect(port, host, resolve));
}

/** `NAME PEER`, as every server says it. */
export function answerOf(text: string): Answer {
  const [server, peer] = text.split(' ');
  return server === undefined || peer === undefined ? { failed: 'closed' } : { server, peer };
}
