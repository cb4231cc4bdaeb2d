/** A connection to a port of a pod from within its own network, as port-forward makes it. */
import { once } from 'node:events';
import type { Socket } from 'node:net';
import type { NamespaceSockets } from '../kernel/kernel.ts';
import { dialErrorText } from '../net/dial-error.ts';
import { familyOf } from '../net/ip.ts';
import type { PodSandbox } from './pod-network-seam.ts';

/** Tries the loopback of each family, then the pod's addresses: a program may listen on any alone. Rejects with why all failed. */
export async function connectToPod(
  sockets: NamespaceSockets,
  { netns, ips }: PodSandbox,
  port: number,
): Promise<Socket> {
  const failures: string[] = [];
  for (const host of [...loopbacksOf(ips), ...ips]) {
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

/** IPv4's is there in any pod. */
function loopbacksOf(ips: readonly string[]): string[] {
  return ['127.0.0.1', ...(ips.some((ip) => familyOf(ip) === 6) ? ['::1'] : [])];
}
