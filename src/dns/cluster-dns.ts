/**
 * Cluster DNS as a component: opens its ports at once (answering SERVFAIL), follows Services, EndpointSlices and
 * Namespaces, then answers. Runs in the pods process; every socket lives in the DNS pod's namespace.
 */
import { InformerFactory } from '../client/informer-factory.ts';
import type { NamespaceSockets, Netns } from '../kernel/kernel.ts';
import type { Component } from '../objects/component.ts';
import { ENDPOINT_SLICES, NAMESPACES, type ResourceType, SERVICES } from '../objects/resource.ts';
import type { Transport } from '../objects/transport.ts';
import type { ApiObject } from '../objects/wire.ts';
import { DnsMetrics } from './dns-metrics.ts';
import { openDnsServer } from './dns-server.ts';
import { openHealthServer } from './health-server.ts';
import { RecordIndex } from './record-index.ts';
import { resolver } from './resolver.ts';
import { openUpstream } from './upstream.ts';
import { ClusterZone } from './zone.ts';

export interface ClusterDnsOptions {
  readonly sockets: NamespaceSockets;
  /** The DNS pod's namespace. */
  readonly netns: Netns;
  /** Where to listen in it: the pod's address, `0.0.0.0` or `::`. */
  readonly address: string;
  /** 53 when absent. */
  readonly port?: number;
  /** Reaches the API through the `kubernetes` Service. */
  readonly transport: Transport;
  /** `cluster.local`. */
  readonly clusterDomain: string;
  /** A DNS server on the fabric for all other names; without one they do not exist. */
  readonly upstream?: { readonly host: string; readonly port: number };
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

  /** Opens the ports only; `start` does it too. Until synced every question is answered SERVFAIL, `/ready` 503. */
  async listen(): Promise<void> {
    if (this.#open.length > 0) return;
    const { sockets, netns, address, port = 53, clusterDomain } = this.#options;
    const isSynced = () => this.#synced;
    try {
      const upstream = await this.#upstream();
      const zone = new ClusterZone(this.#index, clusterDomain);
      const metrics = new DnsMetrics(address.includes(':') ? 6 : 4);
      const resolve = resolver({
        ...{ zone, isSynced, ...(upstream === undefined ? {} : { upstream }) },
        onAnswered: (query) => metrics.answered(query),
      });
      this.#open.push(await openDnsServer(sockets, netns, { host: address, port }, resolve));
      this.#open.push(
        await openHealthServer(sockets, netns, address, { isReady: isSynced, metrics: () => metrics.render() }),
      );
    } catch (error) {
      await this.#close();
      throw error;
    }
  }

  async stop(): Promise<void> {
    await this.#informers.stop();
    await this.#close();
  }

  async #upstream() {
    const { sockets, netns, upstream } = this.#options;
    if (upstream === undefined) return undefined;
    const opened = await openUpstream(sockets, netns, upstream);
    this.#open.push(opened);
    return opened;
  }

  async #close(): Promise<void> {
    await Promise.all(this.#open.splice(0).map((opened) => opened.close()));
  }

  #follow<T extends ApiObject>(type: ResourceType<T>, apply: (object: T, exists: boolean) => void): void {
    this.#informers.informer(type).onChange((change) => apply(change.object, change.type !== 'deleted'));
  }
}
