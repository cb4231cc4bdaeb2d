/**
 * All that a kube-proxy says of itself: health pages, metrics, health checks of Services, Events. Told of what happens, asked by
 * others; decides nothing.
 */
import type { Server } from 'node:http';
import { EventRecorder } from '../client/event-recorder.ts';
import type { Kernel, Netns } from '../kernel/kernel.ts';
import { wildcardFor } from '../net/host-port.ts';
import { familyOf, type IpFamily } from '../net/ip.ts';
import type { Logger } from '../objects/component.ts';
import type { ProxyMode } from '../objects/proxy-mode.ts';
import { NODES, SERVICES } from '../objects/resource.ts';
import type { ServicePortViews } from '../objects/service-port-view.ts';
import type { Transport } from '../objects/transport.ts';
import type { EndpointSlice, Node } from '../objects/wire.ts';
import { close, type ListenAddress, serveHealth, serveMetrics } from './health-server.ts';
import { packetCounters } from './packet-counters.ts';
import { ProxyHealth } from './proxy-health.ts';
import { ProxyMetrics } from './proxy-metrics.ts';
import { standingRules } from './rule-counts.ts';
import type { SyncFailure, SyncResult } from './rule-sync.ts';
import { ServiceHealth, serviceChecks } from './service-health.ts';

const LAST_CHANGE = 'endpoints.kubernetes.io/last-change-trigger-time';
/** Changes of slices whose time is kept until they are in the rules. */
const MOST_CHANGES = 10_000;

export interface ProxyReportsOptions {
  readonly nodeName: string;
  readonly netns: Netns;
  readonly nodeIPs: readonly string[];
  readonly transport: Transport;
  readonly kernel: Kernel;
  readonly log: Logger;
  /** How long a sync may be behind before this kube-proxy calls itself unhealthy. */
  readonly unhealthyAfterMs: () => number;
  /** False: no server is opened (tests without sockets). */
  readonly serves: boolean;
  readonly mode: () => ProxyMode;
  /** What `/configz` shows. */
  readonly publishedConfig: () => object | undefined;
  readonly views: () => ReadonlyMap<IpFamily, ServicePortViews>;
  /** Where node ports are answered, and health checks with them; undefined: on every address. */
  readonly nodePortHosts: () => readonly string[] | undefined;
}

export class ProxyReports {
  readonly health: ProxyHealth;
  readonly metrics: ProxyMetrics;
  readonly events: EventRecorder;
  readonly #options: ProxyReportsOptions;
  readonly #services: ServiceHealth;
  readonly #servers: Server[] = [];
  #node: Node | undefined;
  /** Milliseconds since the epoch. */
  readonly #startedAt = Date.now();
  /** When slices that are not yet in the rules were changed, milliseconds since the epoch. */
  #changedAt: { readonly at: number; readonly addressType: string }[] = [];

  constructor(options: ProxyReportsOptions) {
    this.#options = options;
    const { kernel, netns, nodeIPs, nodeName, transport, log } = options;
    this.health = new ProxyHealth(options.unhealthyAfterMs);
    this.metrics = new ProxyMetrics(nodeIPs.map(familyOf));
    const onError = (error: unknown) => log.warn('kube-proxy cannot write an event', { node: nodeName, error });
    this.events = new EventRecorder(transport, { component: 'kube-proxy', host: nodeName, onError });
    this.#services = new ServiceHealth({
      kernel,
      netns,
      health: this.health,
      onFailure: ({ namespace, name, port }, error) => {
        const message = `node ${nodeName} failed to start healthcheck "${namespace}/${name}" on port ${port}: ${String(error)}`;
        // kube-proxy knows no uid there, and names the object by its name.
        const object = { metadata: { namespace, name, uid: `${namespace}/${name}` } };
        this.events.warning({ type: SERVICES, object }, 'FailedToStartServiceHealthcheck', message);
        log.warn(message, { node: nodeName });
      },
    });
  }

  /** Something the user should look at, in `kubectl describe node`. */
  warnAboutNode(reason: string, message: string): void {
    this.events.warning(this.#aboutNode(), reason, message);
  }

  /** Opens the servers at `IP:PORT` (healthz may be empty: none); a port that is taken is told, and no more. */
  async start(healthz: string, metrics: string): Promise<void> {
    this.events.normal(this.#aboutNode(), 'Starting', '');
    if (!this.#options.serves) return;
    const { kernel, netns, mode } = this.#options;
    const source = {
      health: this.health,
      mode,
      metrics: () => this.#page(),
      config: this.#options.publishedConfig,
      answered: (path: 'healthz' | 'livez', status: number) => {
        const counts = this.metrics[path];
        counts.set(status, (counts.get(status) ?? 0) + 1);
      },
    };
    if (healthz !== '')
      await this.#open(serveHealth(kernel, netns, addressOf(healthz), source), (why) =>
        this.warnAboutNode('FailedToStartProxierHealthcheck', `failed to start proxier healthz on ${healthz}: ${why}`),
      );
    await this.#open(serveMetrics(kernel, netns, addressOf(metrics), source), () => undefined);
  }

  async stop(): Promise<void> {
    this.events.stop();
    await this.#services.close();
    await Promise.all(this.#servers.splice(0).map(close));
  }

  serviceChanged(): void {
    this.metrics.serviceChanges += 1;
    this.metrics.servicesPending += 1;
  }

  /** A slice that goes does not say when; one of before this start was not waiting for it (upstream endpointschangetracker.go). */
  sliceChanged({ metadata, addressType }: EndpointSlice, isGone: boolean): void {
    this.metrics.endpointChanges += 1;
    this.metrics.endpointsPending += 1;
    const at = Date.parse(metadata?.annotations?.[LAST_CHANGE] ?? '');
    if (isGone || !(at > this.#startedAt)) return;
    // A node whose rules cannot be written for long forgets the first of them.
    if (this.#changedAt.length === MOST_CHANGES) this.#changedAt.shift();
    this.#changedAt.push({ at, addressType });
  }

  nodeChanged(node: Node | undefined): void {
    this.#node = node;
    this.health.nodeChanged(node);
  }

  queued(): void {
    this.metrics.queued();
    this.health.queued();
  }

  /** One family's rules are written. */
  written(family: IpFamily, seconds: number, result: SyncResult): void {
    const isOurs = ({ addressType }: { readonly addressType: string }) => addressType === `IPv${family}`;
    const changedAt = this.#changedAt.filter(isOurs).map(({ at }) => at);
    this.#changedAt = this.#changedAt.filter((change) => !isOurs(change));
    this.metrics.families.get(family)?.synced(seconds, result, changedAt);
  }

  /** Every family's rules are. */
  async synced(): Promise<void> {
    this.#changedAt = [];
    this.metrics.servicesPending = 0;
    this.metrics.endpointsPending = 0;
    this.health.updated();
    const { serves, views, nodePortHosts, nodeIPs } = this.#options;
    if (!serves) return;
    await this.#services.sync(serviceChecks([...views().values()]), nodePortHosts() ?? [wildcardFor(nodeIPs)]);
  }

  /** One family's rules could not be written. */
  failed(family: IpFamily, failure: SyncFailure | undefined): void {
    this.metrics.families.get(family)?.failed(failure);
  }

  async #open(opening: Promise<Server>, onFailure: (why: string) => void): Promise<void> {
    try {
      this.#servers.push(await opening);
    } catch (error) {
      onFailure(String(error));
      this.#options.log.warn('kube-proxy cannot open a server', { node: this.#options.nodeName, error: String(error) });
    }
  }

  /** Rules are counted in the kernel, when somebody asks. */
  async #page(): Promise<string> {
    const { kernel, netns, mode, views } = this.#options;
    const standing = new Map<IpFamily, Record<string, number>>();
    if (mode() !== 'iptables')
      return this.metrics.render({ mode: mode(), views: views(), standing, packets: new Map() });
    for (const family of this.metrics.families.keys()) {
      const { stdout } = await kernel.read(netns, [family === 6 ? 'ip6tables-save' : 'iptables-save']);
      standing.set(family, standingRules(stdout));
    }
    const packets = (await packetCounters(kernel, netns)) ?? new Map();
    return this.metrics.render({ mode: mode(), views: views(), standing, packets });
  }

  #aboutNode() {
    const { nodeName } = this.#options;
    // kubectl describe node finds its events by the name in place of the uid.
    return { type: NODES, object: this.#node ?? { metadata: { name: nodeName, uid: nodeName } } };
  }
}

/** `0.0.0.0:10256`, `[::]:10256`. */
function addressOf(text: string): ListenAddress {
  const colon = text.lastIndexOf(':');
  return { host: text.slice(0, colon).replace(/^\[|\]$/g, ''), port: Number(text.slice(colon + 1)) };
}
