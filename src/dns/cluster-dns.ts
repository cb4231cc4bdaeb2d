/**
 * Cluster DNS as a component, configured by a Corefile: opens its ports at once (answering SERVFAIL for the cluster's names),
 * follows Services, EndpointSlices and Namespaces, then answers. Every socket lives in the DNS pod's namespace.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { InformerFactory } from '../client/informer-factory.ts';
import type { NamespaceSockets, Netns } from '../kernel/kernel.ts';
import { familyOf } from '../net/ip.ts';
import type { Component } from '../objects/component.ts';
import { ENDPOINT_SLICES, NAMESPACES, type ResourceType, SERVICES } from '../objects/resource.ts';
import type { Transport } from '../objects/transport.ts';
import type { ApiObject } from '../objects/wire.ts';
import { DnsMetrics } from './dns-metrics.ts';
import { openDnsServer } from './dns-server.ts';
import { openHealthServer } from './health-server.ts';
import { openPlugins } from './plugins.ts';
import { logLine } from './query-log.ts';
import { RecordIndex } from './record-index.ts';
import { resolver, type ServerPlugins } from './resolver.ts';
import type { DnsConfig } from './server-config.ts';

export interface ClusterDnsOptions {
  readonly sockets: NamespaceSockets;
  /** The DNS pod's namespace. */
  readonly netns: Netns;
  /** Where to listen in it: the pod's address, `0.0.0.0` or `::`. */
  readonly address: string;
  /** The pod's own address, by which it finds the Service it is an endpoint of; `address` when absent. */
  readonly serverAddress?: string;
  /** Reaches the API through the `kubernetes` Service. */
  readonly transport: Transport;
  readonly config: DnsConfig;
  /** The name servers of the pod's resolv.conf, for `forward . /etc/resolv.conf`. */
  readonly nameservers?: readonly string[];
  /** Takes the lines of the plugin `log`. */
  readonly log?: (line: string) => void;
}

export class ClusterDns implements Component {
  readonly name = 'cluster DNS';
  readonly #options: ClusterDnsOptions;
  readonly #index = new RecordIndex();
  readonly #informers: InformerFactory;
  readonly #open: { close(): Promise<void> | void }[] = [];
  #synced = false;

  constructor(options: ClusterDnsOptions) {
    this.#options = options;
    this.#informers = new InformerFactory(options.transport);
    this.#follow(NAMESPACES, (namespace, exists) => this.#index.setNamespace(namespace, exists));
    this.#follow(SERVICES, (service, exists) => this.#index.setService(service, exists));
    this.#follow(ENDPOINT_SLICES, (slice, exists) => this.#index.setSlice(slice, exists));
  }

  /** Resolves when it answers from what the API has; rejects when a port is taken. */
  async start(): Promise<void> {
    await this.listen();
    await this.#informers.start();
    this.#synced = true;
  }

  /** Opens the ports only; `start` does it too. Until synced the cluster's names are answered SERVFAIL, `/ready` 503. */
  async listen(): Promise<void> {
    if (this.#open.length > 0) return;
    const { sockets, netns, address, serverAddress = address, config } = this.#options;
    const metrics = new DnsMetrics(familyOf(serverAddress));
    try {
      for (const port of new Set(config.servers.map((server) => server.port))) {
        const servers = await this.#openServers(port);
        const resolve = resolver({
          servers,
          recursionAvailable: config.servers.some(({ forwards }) => forwards.length > 0),
          version: () => (this.#synced ? this.#index.version : -1),
          onAnswered: (query) => metrics.answered(query),
        });
        this.#open.push(await openDnsServer(sockets, netns, { host: address, port }, resolve));
      }
      const source = { isReady: () => this.#synced, metrics: () => metrics.render() };
      this.#open.push(await openHealthServer(sockets, netns, address, config, source));
    } catch (error) {
      await this.#close();
      throw error;
    }
  }

  /** Goes on answering for `health`'s lameduck, `graceMs` at most, while it is taken out of the endpoints; then closes. */
  async stop(graceMs = 0): Promise<void> {
    await sleep(Math.min(this.#options.config.health?.lameduckMs ?? 0, graceMs));
    await this.#informers.stop();
    await this.#close();
  }

  async #openServers(port: number): Promise<ServerPlugins[]> {
    const { sockets, netns, address, serverAddress = address, nameservers = [], log } = this.#options;
    const shared = { sockets, netns, index: this.#index, isSynced: () => this.#synced, serverAddress, nameservers };
    const opened: ServerPlugins[] = [];
    for (const server of this.#options.config.servers.filter((each) => each.port === port)) {
      const { plugins, forwarders } = await openPlugins(server, shared);
      this.#open.push(...forwarders);
      const logs = server.log && log !== undefined;
      opened.push({ zone: server.zone, plugins, ...(logs ? { log: (query) => log(logLine(query)) } : {}) });
    }
    return opened;
  }

  async #close(): Promise<void> {
    await Promise.all(this.#open.splice(0).map((opened) => opened.close()));
  }

  #follow<T extends ApiObject>(type: ResourceType<T>, apply: (object: T, exists: boolean) => void): void {
    this.#informers.informer(type).onChange((change) => apply(change.object, change.type !== 'deleted'));
  }
}
