/**
 * The HTTP ports of the DNS pod, as CoreDNS has them: `:8080/health` (alive) and `:8181/ready` (has seen the API) for its
 * probes, `:9153/metrics` for whoever collects.
 */
import { createServer, type Server } from 'node:http';
import type { NamespaceSockets, Netns } from '../kernel/kernel.ts';

const HEALTH_PORT = 8080;
const READY_PORT = 8181;
const METRICS_PORT = 9153;

export interface HealthSource {
  isReady(): boolean;
  /** The page of `/metrics`. */
  metrics(): string;
}

type Answer = readonly [status: number, body: string];

/** Opens the three ports; `close` of the result closes them. */
export async function openHealthServer(
  sockets: NamespaceSockets,
  netns: Netns,
  host: string,
  source: HealthSource,
): Promise<{ close(): Promise<void> }> {
  const pages: readonly (readonly [port: number, path: string, answer: () => Answer])[] = [
    [HEALTH_PORT, '/health', () => [200, 'OK']],
    // CoreDNS names the plugins that are not ready yet.
    [READY_PORT, '/ready', () => (source.isReady() ? [200, 'OK'] : [503, 'kubernetes'])],
    [METRICS_PORT, '/metrics', () => [200, source.metrics()]],
  ];
  const open: Server[] = [];
  const close = async () => void (await Promise.all(open.map(closed)));
  try {
    for (const [port, path, answer] of pages) {
      const server = answering(path, answer);
      await sockets.listen(netns, server, { host, port });
      open.push(server);
    }
  } catch (error) {
    await close();
    throw error;
  }
  return { close };
}

function answering(path: string, answer: () => Answer): Server {
  return createServer((request, response) => {
    const [status, body] = request.url === path ? answer() : ([404, '404 page not found\n'] as const);
    response.writeHead(status, { 'content-type': 'text/plain; charset=utf-8' }).end(body);
  });
}

function closed(server: Server): Promise<void> {
  return new Promise((resolve) => {
    server.close(() => resolve());
    server.closeAllConnections();
  });
}
