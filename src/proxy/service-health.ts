/**
 * healthCheckNodePort: for each Service of type LoadBalancer with externalTrafficPolicy Local a server on that port of the node,
 * which tells load balancers whether the node has an endpoint of it: 200, else 503 (upstream
 * pkg/proxy/healthcheck/service_health.go).
 */
import type { Server } from 'node:http';
import { isDeepStrictEqual } from 'node:util';
import type { Kernel, Netns } from '../kernel/kernel.ts';
import type { ServicePortViews } from '../objects/service-port-view.ts';
import { answer, close, open } from './health-server.ts';
import type { ProxyHealth } from './proxy-health.ts';

/** What a load balancer is told of one Service. */
export interface ServiceCheck {
  readonly namespace: string;
  readonly name: string;
  readonly port: number;
  /** Ready endpoints on this node; an address counts once, however many ports it serves, a pod of two families once. */
  readonly localEndpoints: number;
}

/**
 * The checks of all views, by `namespace/name`. Of a Service of both families the first family's count: kube-proxy has a server
 * for each, but the port is the first one's. Pure.
 */
export function serviceChecks(families: readonly ServicePortViews[]): Map<string, ServiceCheck> {
  // A later entry takes an earlier one's place.
  return new Map(families.toReversed().flatMap((views) => [...checksOfFamily(views)]));
}

function checksOfFamily(views: ServicePortViews): Map<string, ServiceCheck> {
  const addresses = new Map<string, Set<string>>();
  const checks = new Map<string, ServiceCheck>();
  for (const view of views.values()) {
    if (view.healthCheckNodePort === undefined) continue;
    const { namespace, name } = view.name;
    const key = `${namespace}/${name}`;
    const local = addresses.get(key) ?? new Set<string>();
    // Endpoints on their way out may still serve, but a balancer should already look elsewhere.
    for (const { ip, isLocal, isReady } of view.endpoints.all) if (isLocal && isReady) local.add(ip);
    addresses.set(key, local);
    checks.set(key, { namespace, name, port: view.healthCheckNodePort, localEndpoints: local.size });
  }
  return checks;
}

export interface ServiceHealthOptions {
  readonly kernel: Kernel;
  readonly netns: Netns;
  readonly health: ProxyHealth;
  /** Told of a port that cannot be opened; it is tried again at the next `sync`. */
  readonly onFailure: (check: ServiceCheck, error: unknown) => void;
}

interface Opened {
  check: ServiceCheck;
  readonly hosts: readonly string[];
  readonly servers: Server[];
}

export class ServiceHealth {
  readonly #options: ServiceHealthOptions;
  readonly #opened = new Map<string, Opened>();

  constructor(options: ServiceHealthOptions) {
    this.#options = options;
  }

  /** Opens, updates and closes servers on `hosts`: where node ports are. Never rejects. */
  async sync(checks: ReadonlyMap<string, ServiceCheck>, hosts: readonly string[]): Promise<void> {
    for (const [key, { check, servers, hosts: former }] of this.#opened) {
      if (checks.get(key)?.port === check.port && isDeepStrictEqual(hosts, former)) continue;
      this.#opened.delete(key);
      await Promise.all(servers.map(close));
    }
    for (const [key, check] of checks) {
      const opened = this.#opened.get(key);
      if (opened === undefined) await this.#open(key, check, hosts);
      else opened.check = check;
    }
  }

  close(): Promise<void> {
    return this.sync(new Map(), []);
  }

  async #open(key: string, check: ServiceCheck, hosts: readonly string[]): Promise<void> {
    const { kernel, netns } = this.#options;
    const opened: Opened = { check, hosts, servers: [] };
    try {
      for (const host of hosts)
        opened.servers.push(
          await open(kernel, netns, { host, port: check.port }, (_request, response) => {
            const { isHealthy } = this.#options.health;
            const { localEndpoints } = opened.check;
            const status = localEndpoints > 0 && isHealthy ? 200 : 503;
            const weight = { 'x-load-balancing-endpoint-weight': `${localEndpoints}` };
            answer(response, status, 'application/json', bodyOf(opened.check, isHealthy), weight);
          }),
        );
      this.#opened.set(key, opened);
    } catch (error) {
      await Promise.all(opened.servers.map(close));
      this.#options.onFailure(check, error);
    }
  }
}

/** kube-proxy's own text, tabs included. */
function bodyOf({ namespace, name, localEndpoints }: ServiceCheck, isHealthy: boolean): string {
  return [
    '{',
    '\t"service": {',
    `\t\t"namespace": ${JSON.stringify(namespace)},`,
    `\t\t"name": ${JSON.stringify(name)}`,
    '\t},',
    `\t"localEndpoints": ${localEndpoints},`,
    `\t"serviceProxyHealthy": ${isHealthy}`,
    '}',
  ].join('\n');
}
