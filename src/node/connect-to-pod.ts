/** A connection to a port of a pod from within its own network, as port-forward makes it. */
import { once } from 'node:events';
import type { Socket } from 'node:net';
import type { NamespaceSockets } from '../kernel/kernel.ts';
import { dialErrorText } from '../net/dial-error.ts';
import type { PodSandbox } from './pod-network-seam.ts';

/** Tries the loopback, then the pod's address: a program may listen on either alone. Rejects with why both failed. */
export async function connectToPod(
  sockets: NamespaceSockets,
  { netns, ip }: PodSandbox,
  port: number,
): Promise<Socket> {
  const failures: string[] = [];
  for (const host of ['127.0.0.1', ip]) {
    const socket = sockets.connect(netns, { host, port });
    try {
      await once(socket, 'connect');
      return socket;
    } catch (error) {
      failures.push(dialErrorText(error, { host, port }));
    }
  }
  throw new Error(`failed to connect to localhost:${port} inside namespace "${netns}": ${failures.join(', ')}`);
}
