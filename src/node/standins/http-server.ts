/** An HTTP server of a stand-in: keep-alive, closed gracefully. */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { hostPort, unmapped } from '../../net/host-port.ts';
import { type Closer, listenTcp } from './server-sockets.ts';
import type { StandInContext } from './stand-in.ts';

/** Listens for HTTP in the pod's namespace. */
export function listenHttp(
  context: Pick<StandInContext, 'sockets' | 'netns' | 'pod'>,
  port: number,
  handler: (request: IncomingMessage, response: ServerResponse) => void,
): Promise<Closer> {
  const server = createServer(handler);
  // A benchmark's or proxy's long-lived connection is not to be cut between two requests.
  server.keepAliveTimeout = 75_000;
  return listenTcp(context, server, port, () => server.closeIdleConnections());
}

/** The client's address as the server sees it: `10.244.1.2:40312`. */
export function clientAddress({ socket }: Pick<IncomingMessage, 'socket'>): string {
  return hostPort(unmapped(socket.remoteAddress ?? ''), socket.remotePort);
}
