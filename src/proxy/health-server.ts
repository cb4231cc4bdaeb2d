/**
 * The HTTP servers of kube-proxy in its node's namespace: `/healthz` and `/livez` on 10256 for load balancers and
 * probes, `/metrics`, `/proxyMode`, `/configz` and `/healthz` on 127.0.0.1:10249. Both only report; they decide nothing. Texts are kube-proxy's
 * (upstream pkg/proxy/healthcheck/proxy_health.go, cmd/kube-proxy/app/server.go).
 */
import { createServer, type IncomingMessage, type RequestListener, type Server, type ServerResponse } from 'node:http';
import type { Kernel, Netns } from '../kernel/kernel.ts';
import { goTime } from './go-time.ts';
import type { ProxyHealth } from './proxy-health.ts';

export interface ListenAddress {
  readonly host: string;
  readonly port: number;
}

export interface HealthSource {
  readonly health: ProxyHealth;
  mode(): string;
  metrics(): Promise<string>;
  /** The configuration it goes by, as published; undefined: it was given none. */
  config(): object | undefined;
  /** Told of each answer's status. */
  answered(path: 'healthz' | 'livez', status: number): void;
}

/** Opens a server for `/healthz` and `/livez`. */
export function serveHealth(kernel: Kernel, netns: Netns, at: ListenAddress, source: HealthSource): Promise<Server> {
  return open(kernel, netns, at, (request, response) => {
    const path = pathOf(request);
    if (path !== '/healthz' && path !== '/livez') return notFound(response);
    const { health } = source;
    const isLivez = path === '/livez';
    const status = health.isHealthy && (isLivez || health.isNodeEligible) ? 200 : 503;
    source.answered(isLivez ? 'livez' : 'healthz', status);
    const times = `"lastUpdated": "${goTime(health.lastUpdated)}","currentTime": "${goTime(Date.now())}"`;
    const eligible = isLivez ? '' : `, "nodeEligible": ${health.isNodeEligible}`;
    answer(response, status, 'application/json', `{${times}${eligible}}`);
  });
}

/** Opens a server for the metrics. */
export function serveMetrics(kernel: Kernel, netns: Netns, at: ListenAddress, source: HealthSource): Promise<Server> {
  return open(kernel, netns, at, (request, response) => {
    const path = pathOf(request);
    const config = path === '/configz' ? source.config() : undefined;
    if (path === '/healthz') answer(response, 200, 'text/plain; charset=utf-8', 'ok');
    else if (config !== undefined)
      answer(response, 200, 'application/json', JSON.stringify({ 'kubeproxy.config.k8s.io': config }));
    else if (path === '/proxyMode') answer(response, 200, 'text/plain; charset=utf-8', source.mode());
    else if (path !== '/metrics') notFound(response);
    else
      source.metrics().then(
        (page) => answer(response, 200, 'text/plain; version=0.0.4; charset=utf-8', page),
        (error: unknown) => answer(response, 500, 'text/plain; charset=utf-8', `${String(error)}\n`),
      );
  });
}

/** Opens a server; rejects with EADDRINUSE when the port is taken. */
export async function open(
  kernel: Kernel,
  netns: Netns,
  at: ListenAddress,
  onRequest: RequestListener,
): Promise<Server> {
  const server = createServer(onRequest);
  await kernel.sockets.listen(netns, server, at);
  return server;
}

/** An answer as Go's handlers give it. */
export function answer(
  response: ServerResponse,
  status: number,
  type: string,
  body: string,
  headers: Readonly<Record<string, string>> = {},
): void {
  const length = { 'content-length': Buffer.byteLength(body) };
  response
    .writeHead(status, { 'content-type': type, 'x-content-type-options': 'nosniff', ...headers, ...length })
    .end(body);
}

/** Closes a server and what is connected to it. */
export function close(server: Server): Promise<void> {
  return new Promise((resolve) => {
    server.close(() => resolve());
    server.closeAllConnections();
  });
}

function pathOf({ url = '' }: IncomingMessage): string {
  return url.split('?')[0]!;
}

function notFound(response: ServerResponse): void {
  answer(response, 404, 'text/plain; charset=utf-8', '404 page not found\n');
}
