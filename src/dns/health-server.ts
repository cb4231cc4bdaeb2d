/** What the DNS pod's probes ask: `:8080/health` (alive) and `:8181/ready` (has seen the API), as CoreDNS has them. */
import { createServer, type Server } from 'node:http';
import type { NamespaceSockets, Netns } from '../kernel/kernel.ts';

const HEALTH_PORT = 8080;
const READY_PORT = 8181;

/** Opens both ports; `close` of the result closes them. */
export async function openHealthServer(
  sockets: NamespaceSockets,
  netns: Netns,
  host: string,
  isReady: () => boolean,
): Promise<{ close(): Promise<void> }> {
  const health = answering('/health', () => [200, 'OK']);
  // CoreDNS names the plugins that are not ready yet.
  const ready = answering('/ready', () => (isReady() ? [200, 'OK'] : [503, 'kubernetes']));
  await sockets.listen(netns, health, { host, port: HEALTH_PORT });
  try {
    await sockets.listen(netns, ready, { host, port: READY_PORT });
  } catch (error) {
    health.close();
    throw error;
  }
  return { close: async () => void (await Promise.all([closed(health), closed(ready)])) };
}

function answering(path: string, answer: () => [status: number, body: string]): Server {
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
