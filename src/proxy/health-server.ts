/**
 * The HTTP servers of kube-proxy in its node's namespace: `/healthz` and `/livez` on 10256 for load balancers and
 * probes, `/metrics`, `/proxyMode` on 127.0.0.1:10249. Both only report; they decide nothing.
 */
import { createServer, type Server, type ServerResponse } from 'node:http';
import type { Kernel, Netns } from '../kernel/kernel.ts';
import { wildcardFor } from '../net/host-port.ts';

export const HEALTHZ_PORT = 10_256;
export const METRICS_PORT = 10_249;

export interface HealthSource {
  mode(): string;
  /** Milliseconds since the epoch; `isHealthy` is false while rules are behind for longer than they should be. */
  health(): { readonly lastUpdated: number; readonly isHealthy: boolean };
  metrics(): string;
}

/** Opens both servers; the returned function closes them. Rejects with EADDRINUSE when a port is taken. */
export async function serveHealth(
  kernel: Kernel,
  netns: Netns,
  nodeIPs: readonly string[],
  source: HealthSource,
): Promise<() => Promise<void>> {
  const healthz = createServer((request, response) => {
    if (request.url === '/healthz' || request.url === '/livez') answerHealth(response, source);
    else answer(response, 404, 'text/plain', '404 page not found\n');
  });
  const metrics = createServer((request, response) => {
    if (request.url === '/metrics') answer(response, 200, 'text/plain; version=0.0.4', source.metrics());
    else if (request.url === '/proxyMode') answer(response, 200, 'text/plain', source.mode());
    else if (request.url === '/healthz') answer(response, 200, 'text/plain', 'ok');
    else answer(response, 404, 'text/plain', '404 page not found\n');
  });
  const open: Server[] = [];
  const closeAll = async () => {
    await Promise.all(open.map(close));
  };
  try {
    for (const [server, address] of [
      [healthz, { host: wildcardFor(nodeIPs), port: HEALTHZ_PORT }],
      [metrics, { host: '127.0.0.1', port: METRICS_PORT }],
    ] as const) {
      await kernel.sockets.listen(netns, server, address);
      open.push(server);
    }
  } catch (error) {
    await closeAll();
    throw error;
  }
  return closeAll;
}

function answerHealth(response: ServerResponse, source: HealthSource): void {
  const { lastUpdated, isHealthy } = source.health();
  const body = {
    lastUpdated: new Date(lastUpdated).toISOString(),
    currentTime: new Date().toISOString(),
    nodeEligible: true,
  };
  answer(response, isHealthy ? 200 : 503, 'application/json', JSON.stringify(body));
}

function answer(response: ServerResponse, status: number, type: string, body: string): void {
  response.writeHead(status, { 'content-type': type, 'x-content-type-options': 'nosniff' }).end(body);
}

function close(server: Server): Promise<void> {
  return new Promise((resolve) => {
    server.close(() => resolve());
    server.closeAllConnections();
  });
}
