/**
 * TCP servers of a stand-in: opened in the pod's namespace, closed gracefully (no new connections, running ones finish,
 * after the grace they are cut).
 */

import type { Server, Socket } from 'node:net';
import { wildcardFor } from '../../net/host-port.ts';
import { timerMs } from '../../objects/timer.ts';
import type { StandIn, StandInContext } from './stand-in.ts';

/** Something that can be closed with a grace. */
export type Closer = (graceMs: number) => Promise<void>;

/** Listens on every address of the pod. `idle` closes connections that wait for nothing (HTTP keep-alive). */
export async function listenTcp(
  context: Pick<StandInContext, 'sockets' | 'netns' | 'pod'>,
  server: Server,
  port: number,
  idle: () => void = () => undefined,
): Promise<Closer> {
  const connections = new Set<Socket>();
  server.on('connection', (socket) => {
    connections.add(socket);
    // A client that goes away is no failure of the server's.
    socket.on('error', () => undefined);
    socket.once('close', () => connections.delete(socket));
  });
  await context.sockets.listen(context.netns, server, { host: wildcardFor(context.pod.ips), port });
  return (graceMs) =>
    new Promise((resolve) => {
      const timer = setTimeout(() => {
        for (const socket of connections) socket.destroy();
      }, timerMs(graceMs));
      server.close(() => {
        clearTimeout(timer);
        resolve();
      });
      idle();
    });
}

/** One stand-in of several servers. When one cannot be had, those before it are closed again. */
export async function openAll(opening: readonly Promise<Closer>[]): Promise<StandIn> {
  const results = await Promise.allSettled(opening);
  const closers = results.flatMap((result) => (result.status === 'fulfilled' ? [result.value] : []));
  const failed = results.find((result) => result.status === 'rejected');
  if (failed !== undefined) {
    await Promise.all(closers.map((close) => close(0)));
    throw failed.reason;
  }
  return { close: async (graceMs) => void (await Promise.all(closers.map((close) => close(graceMs)))) };
}
