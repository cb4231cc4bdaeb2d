/**
 * The kubelet's own HTTP servers in its node's namespace: 10250 (TLS, for the API server's `nodes/NAME/proxy` and whoever may use it) and
 * `/healthz` on 127.0.0.1:10248. Paths are the kubelet's (upstream pkg/kubelet/server/server.go); what a lab cannot measure (`/stats`:
 * nothing here is accounted by cgroup) is not there. Reports only; decides nothing.
 */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import { pipeline } from 'node:stream/promises';
import { asApiError } from '../../api/status-error.ts';
import { logOptions } from '../../api/streams/log-handler.ts';
import { createOwnCertificate } from '../../api/tls/certificates.ts';
import { wildcardFor } from '../../net/host-port.ts';
import type { Pod } from '../../objects/wire.ts';
import type { KubeletOptions } from '../kubelet-options.ts';
import { KubeletAuthority } from './kubelet-authority.ts';
import type { KubeletFacts } from './kubelet-facts.ts';

const KUBELET_PORT = 10250;
const HEALTHZ_PORT = 10248;

export class KubeletServer {
  readonly #options: KubeletOptions;
  readonly #facts: KubeletFacts;
  readonly #authority: KubeletAuthority;
  #servers: Server[] = [];

  constructor(options: KubeletOptions, facts: KubeletFacts) {
    this.#options = options;
    this.#facts = facts;
    this.#authority = new KubeletAuthority(options.transport, options.node, options.apiCredential);
  }

  /** Resolves when both ports are served; rejects with EADDRINUSE. */
  async start(): Promise<void> {
    const { kernel, netns, node, nodeIps } = this.#options;
    const health = createServer((request, response) => {
      if (pathOf(request) === '/healthz') say(response, 200, 'ok');
      else say(response, 404, '404 page not found\n');
    });
    const server = createTlsServer(
      createOwnCertificate(`system:node:${node}`, [node, ...nodeIps]),
      (request, response) =>
        void this.#answer(request, response).catch((error: unknown) => {
          if (response.headersSent) response.destroy();
          else say(response, asApiError(error).code, `${(error as Error).message}\n`);
        }),
    );
    this.#servers = [health, server];
    await kernel.sockets.listen(netns, health, { host: '127.0.0.1', port: HEALTHZ_PORT });
    await kernel.sockets.listen(netns, server, { host: wildcardFor(nodeIps), port: KUBELET_PORT });
  }

  stop(): void {
    for (const server of this.#servers) {
      server.close();
      server.closeAllConnections();
    }
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const verdict = await this.#authority.judge(request.headers.authorization);
    if (verdict === 'unauthorized') return say(response, 401, 'Unauthorized');
    if (verdict === 'forbidden') return say(response, 403, `Forbidden (verb=get, resource=nodes, subresource=proxy)`);
    if (request.method !== 'GET') return say(response, 405, 'Method Not Allowed\n');
    const path = pathOf(request).replace(/\/$/, '');
    if (path === '/healthz' || path === '/healthz/ping') return say(response, 200, 'ok');
    if (path === '/pods') return json(response, this.#facts.pods());
    if (path === '/runningpods')
      return json(
        response,
        this.#facts.pods().filter(({ status }) => status?.phase === 'Running'),
      );
    if (path === '/metrics') return say(response, 200, this.#metrics(), 'text/plain; version=0.0.4; charset=utf-8');
    const [first, ...rest] = path.split('/').slice(1).map(decodeURIComponent);
    const [namespace, pod, container, more] = rest;
    if (first !== 'containerLogs' || namespace === undefined || pod === undefined || container === undefined || more)
      return say(response, 404, '404 page not found\n');
    const query = new URL(request.url ?? '/', 'https://kubelet').searchParams;
    const logs = this.#facts.logs({ namespace, pod, container, ...logOptions(query) });
    response.writeHead(200, { 'content-type': 'text/plain' });
    response.flushHeaders();
    // A reader that has seen enough is no error of ours.
    await pipeline(logs, response).catch(() => logs.destroy());
  }

  /** Under the kubelet's names. */
  #metrics(): string {
    const containers = Object.entries(this.#facts.containers());
    const running = this.#facts.pods().filter(({ status }) => status?.phase === 'Running').length;
    return [
      "# HELP kubelet_node_name [ALPHA] The node's name. The count is always 1.",
      '# TYPE kubelet_node_name gauge',
      `kubelet_node_name{node="${this.#options.node}"} 1`,
      '# HELP kubelet_running_containers [ALPHA] Number of containers currently running',
      '# TYPE kubelet_running_containers gauge',
      ...containers.map(([state, count]) => `kubelet_running_containers{container_state="${state}"} ${count}`),
      '# HELP kubelet_running_pods [ALPHA] Number of pods that have a running pod sandbox',
      '# TYPE kubelet_running_pods gauge',
      `kubelet_running_pods ${running}`,
      '',
    ].join('\n');
  }
}

function pathOf({ url = '' }: IncomingMessage): string {
  return url.split('?')[0]!;
}

function json(response: ServerResponse, items: readonly Pod[]): void {
  const list = { kind: 'PodList', apiVersion: 'v1', metadata: {}, items };
  say(response, 200, JSON.stringify(list), 'application/json');
}

function say(response: ServerResponse, status: number, body: string, type = 'text/plain; charset=utf-8'): void {
  response.writeHead(status, { 'content-type': type, 'x-content-type-options': 'nosniff' }).end(body);
}
