/**
 * The HTTP ports of the DNS pod, those its Corefile asks for: `/health` (alive, usually on 8080) and `/ready` (has seen the API,
 * 8181) for its probes, `/metrics` (9153) for whoever collects.
 */
import { createServer, type Server } from 'node:http';
import type { NamespaceSockets, Netns } from '../kernel/kernel.ts';
import type { DnsConfig } from './server-config.ts';

export interface HealthSource {
  isReady(): boolean;
  /** The page of `/metrics`. */
  metrics(): string;
}

type Answer = readonly [status: number, body: string];

/** Opens the ports; `close` of the result closes them. */
export async function openHealthServer(
  sockets: NamespaceSockets,
  netns: Netns,
  host: string,
  { health, ready, metrics }: Pick<DnsConfig, 'health' | 'ready' | 'metrics'>,
  source: HealthSource,
): Promise<{ close(): Promise<void> }> {
  const pages: readonly (readonly [port: number | undefined, path: string, answer: () => Answer])[] = [
    [health?.port, '/health', () => [200, 'OK']],
    // CoreDNS names the plugins that are not ready yet.
    [ready?.port, '/ready', () => (source.isReady() ? [200, 'OK'] : [503, 'kubernetes'])],
    [metrics?.port, '/metrics', () => [200, source.metrics()]],
  ];
  const open: Server[] = [];
  const close = async () => void (await Promise.all(open.map(closed)));
  try {
    for (const [port, path, answer] of pages) {
      if (port === undefined) continue;
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
