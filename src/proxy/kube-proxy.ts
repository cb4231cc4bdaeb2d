/**
 * kube-proxy of one node: watches Services and EndpointSlices over the node's own connection to the API, keeps the
 * views (trackers), and has them written (rule-sync). It decides only when: after a change, and when rules are lost.
 */
import { CoalescingRunner } from '../client/coalescing-runner.ts';
import { Informer, type InformerChange } from '../client/informer.ts';
import { hasCaughtUp } from '../client/informer-progress.ts';
import type { Kernel, Netns } from '../kernel/kernel.ts';
import { parseCidr } from '../net/cidr.ts';
import { parseIp } from '../net/ip.ts';
import type { Component, Logger } from '../objects/component.ts';
import { OFFERED_PROXY_MODES, type ProxyMode } from '../objects/proxy-mode.ts';
import { ENDPOINT_SLICES, NODES, SERVICES } from '../objects/resource.ts';
import type { Transport } from '../objects/transport.ts';
import type { EndpointSlice, Node, Service } from '../objects/wire.ts';
import { defaultFacts, type ProxyFacts } from './backends/backend.ts';
import { serviceKeyOf } from './endpoint-slices.ts';
import { serveHealth } from './health-server.ts';
import { type NodeRules, nodeRules } from './node-rules.ts';
import { ProxyMetrics } from './proxy-metrics.ts';
import { removeFormer, writeNext } from './replace-rules.ts';
import { ServicePortTracker } from './service-port-tracker.ts';
import type { RelayAccess } from './userspace/relay-client.ts';

export interface KubeProxyOptions {
  readonly nodeName: string;
  readonly netns: Netns;
  /** The node's addresses, one per IP family it has; their families are those that are proxied. */
  readonly nodeIPs: readonly string[];
  readonly transport: Transport;
  readonly kernel: Kernel;
  readonly mode: ProxyMode;
  /** The relay process, for mode userspace. */
  readonly relays?: RelayAccess;
  /** Pod networks, one per family: traffic from elsewhere to a cluster IP is masqueraded. */
  readonly clusterCIDRs: readonly string[];
  /** The Service networks: mode nftables drops what goes to an address in them that no Service has. */
  readonly serviceCIDRs?: readonly string[];
  readonly log: Logger;
  readonly masqueradeAll?: boolean;
  /** How often to look whether rules are lost; kube-proxy's default is 30 s. */
  readonly checkPeriodMs?: number;
  /** False: no `/healthz` and no metrics (tests without sockets). */
  readonly serveHealth?: boolean;
}

export interface SyncReport {
  readonly isFull: boolean;
  readonly ms: number;
  /** Service ports whose view changed. */
  readonly changed: number;
}

const ZONE_LABEL = 'topology.kubernetes.io/zone';
/** Neither other proxies' Services nor headless ones: kube-proxy's own selector. */
const SELECTOR = '!service.kubernetes.io/service-proxy-name,!service.kubernetes.io/headless';
const CHECK_PERIOD_MS = 30_000;
/** kube-proxy calls itself unhealthy when a sync is behind for longer than two sync periods. */
const UNHEALTHY_AFTER_MS = 60_000;

interface Family {
  readonly tracker: ServicePortTracker;
  readonly facts: ProxyFacts;
  rules: NodeRules;
}

/** A change of mode that has been asked for. */
interface PendingSwitch {
  readonly mode: ProxyMode;
  readonly done: PromiseWithResolvers<void>;
}

export class KubeProxy implements Component {
  readonly name = 'kube-proxy';
  readonly metrics = new ProxyMetrics();
  readonly #options: KubeProxyOptions;
  readonly #families: readonly Family[];
  readonly #services: Informer<Service>;
  readonly #slices: Informer<EndpointSlice>;
  readonly #node: Informer<Node>;
  readonly #runner: CoalescingRunner;
  #mode: ProxyMode;
  #pending: PendingSwitch | undefined;
  #isInitialised = false;
  #isStopped = false;
  #timer: NodeJS.Timeout | undefined;
  #closeHealth: (() => Promise<void>) | undefined;
  #lastSync: SyncReport | undefined;

  constructor(options: KubeProxyOptions) {
    this.#options = options;
    this.#mode = options.mode;
    this.#families = factsOf(options).map((facts) => ({
      tracker: new ServicePortTracker({ nodeName: options.nodeName, family: facts.family }),
      facts,
      rules: nodeRules(options.mode, options, facts),
    }));
    const { transport, nodeName } = options;
    this.#services = new Informer(transport, SERVICES, { labelSelector: SELECTOR });
    this.#slices = new Informer(transport, ENDPOINT_SLICES, { labelSelector: SELECTOR });
    this.#node = new Informer(transport, NODES, { fieldSelector: `metadata.name=${nodeName}` });
    this.#services.onChange((change) => this.#onService(change));
    this.#slices.onChange((change) => this.#onSlice(change));
    this.#node.onChange((change) => this.#onNode(change));
    this.#runner = new CoalescingRunner(
      () => this.#sync(),
      (error) => this.#onFailure(error),
    );
    options.relays?.onLost(() => {
      if (this.#isInitialised && this.#mode === 'userspace') void this.checkRules();
    });
  }

  get mode(): ProxyMode {
    return this.#mode;
  }

  /**
   * Changes the backend while traffic flows: the new one's rules are in before the former's go, so every connection
   * meets one or the other. Rejects when the new rules cannot be written; then the former stay.
   */
  async switchMode(mode: ProxyMode): Promise<void> {
    while (this.#pending !== undefined) await this.#pending.done.promise.catch(() => undefined);
    if (this.#isStopped) throw new Error(`kube-proxy on ${this.#options.nodeName} has stopped`);
    if (mode === this.#mode) return;
    const pending = { mode, done: Promise.withResolvers<void>() };
    this.#pending = pending;
    this.#request();
    await pending.done.promise;
  }

  /** Syncs asked for and done; `done` has caught up when every change seen is in the kernel. */
  get generation(): { readonly requested: number; readonly done: number } {
    return this.#runner.generation;
  }

  /** The last successful sync. */
  get lastSync(): SyncReport | undefined {
    return this.#lastSync;
  }

  async start(): Promise<void> {
    await Promise.all([this.#list(), ...this.#families.map(({ rules }) => rules.prepare())]);
    if (this.#isStopped) return;
    this.#isInitialised = true;
    this.#request();
    await this.#runner.settled();
    if (this.#options.serveHealth !== false) await this.#serveHealth();
    this.#timer = setInterval(() => void this.checkRules(), this.#options.checkPeriodMs ?? CHECK_PERIOD_MS);
    this.#timer.unref();
  }

  /** One list after the other, all over one connection: a second one costs more (its TLS handshake) than the wait. */
  async #list(): Promise<void> {
    await this.#services.start();
    await this.#slices.start();
    await this.#node.start();
  }

  async stop(): Promise<void> {
    this.#isStopped = true;
    clearInterval(this.#timer);
    await Promise.all([this.#services.stop(), this.#slices.stop(), this.#node.stop(), this.#runner.stop()]);
    this.#pending?.done.reject(new Error(`kube-proxy on ${this.#options.nodeName} has stopped`));
    this.#pending = undefined;
    await this.#closeHealth?.();
    this.#closeHealth = undefined;
  }

  /** Removes what an interrupted change of mode, or a former kube-proxy, has left of other modes. */
  async removeOtherModes(): Promise<void> {
    const { nodeName, log } = this.#options;
    for (const mode of OFFERED_PROXY_MODES.filter((other) => other !== this.#mode)) {
      try {
        for (const { facts, rules } of this.#families) await nodeRules(mode, this.#options, facts).cleanup(rules.rules);
      } catch (error) {
        // Without its tool a mode cannot have left anything.
        log.warn('kube-proxy cannot look for rules of another mode', { node: nodeName, mode, error: String(error) });
      }
    }
  }

  /** Stops, and removes all rules of this proxy. */
  async cleanup(): Promise<void> {
    await this.stop();
    for (const { rules } of this.#families) await rules.cleanup();
  }

  /**
   * Resolves when every Service and EndpointSlice written before this call is in this node's rules. Rejects when the
   * API cannot be asked.
   */
  async programmed(): Promise<void> {
    const { transport } = this.#options;
    const [services, slices] = await Promise.all([
      transport.list(SERVICES, { labelSelector: SELECTOR }),
      transport.list(ENDPOINT_SLICES, { labelSelector: SELECTOR }),
    ]);
    await Promise.all([hasCaughtUp(this.#services, services), hasCaughtUp(this.#slices, slices)]);
    await this.#runner.settled();
  }

  /** Looks whether someone has flushed the rules, and writes them all again if so. True when nothing was lost. */
  async checkRules(): Promise<boolean> {
    let isWhole = true;
    for (const { rules } of this.#families) {
      try {
        isWhole = (await rules.check()) && isWhole;
      } catch (error) {
        this.#options.log.error('kube-proxy cannot check its rules', { node: this.#options.nodeName, error });
      }
    }
    if (isWhole || this.#isStopped) return isWhole;
    this.#options.log.warn('kube-proxy lost rules; writing all of them again', { node: this.#options.nodeName });
    await this.#runner.settled(this.#request());
    return false;
  }

  #onService(change: InformerChange<Service>): void {
    this.metrics.serviceChanges += 1;
    for (const { tracker } of this.#families) {
      if (change.type === 'deleted') tracker.deleteService(change.object);
      else tracker.setService(change.object);
    }
    this.#requestIfDirty();
  }

  #onSlice(change: InformerChange<EndpointSlice>): void {
    this.metrics.endpointChanges += 1;
    for (const { tracker } of this.#families) {
      if (change.type === 'deleted') tracker.deleteEndpointSlice(change.object);
      else {
        if (change.type === 'updated' && serviceKeyOf(change.previous) !== serviceKeyOf(change.object))
          tracker.deleteEndpointSlice(change.previous);
        tracker.setEndpointSlice(change.object);
      }
    }
    this.#requestIfDirty();
  }

  #onNode(change: InformerChange<Node>): void {
    const zone = change.type === 'deleted' ? '' : (change.object.metadata?.labels?.[ZONE_LABEL] ?? '');
    for (const { tracker } of this.#families) tracker.setZone(zone);
    this.#requestIfDirty();
  }

  #requestIfDirty(): void {
    if (this.#isInitialised && this.#families.some(({ tracker }) => tracker.isDirty)) this.#request();
  }

  #request(): number {
    this.metrics.lastQueuedAt = Date.now() / 1000;
    return this.#runner.request();
  }

  async #sync(): Promise<void> {
    if (this.#pending !== undefined) return await this.#performSwitch(this.#pending);
    const start = performance.now();
    let isFull = false;
    let changed = 0;
    for (const { tracker, rules } of this.#families) {
      const update = tracker.update();
      changed += update.changed.size;
      isFull = (await rules.sync(update.views)).isFull || isFull;
    }
    const ms = performance.now() - start;
    this.#lastSync = { isFull, ms, changed };
    this.metrics.synced(ms / 1000, isFull);
  }

  /** The caller of `switchMode` learns of an error; the syncs go on with whichever rules then stand. */
  async #performSwitch({ mode, done }: PendingSwitch): Promise<void> {
    const start = performance.now();
    const replacements = this.#families.map(({ facts, rules, tracker }) => ({
      former: rules,
      next: nodeRules(mode, this.#options, facts),
      views: tracker.update().views,
    }));
    try {
      await writeNext(replacements);
      for (const [index, { next }] of replacements.entries()) this.#families[index]!.rules = next;
      this.#mode = mode;
      const ms = performance.now() - start;
      this.#lastSync = { isFull: true, ms, changed: 0 };
      this.metrics.synced(ms / 1000, true);
      await removeFormer(replacements);
      done.resolve();
    } catch (error) {
      done.reject(error);
    } finally {
      this.#pending = undefined;
    }
    // A change that came with the request is in the new rules already; in the former ones only after this.
    if (this.#mode !== mode) await this.#sync();
  }

  #onFailure(error: unknown): void {
    this.metrics.restoreFailures += 1;
    this.#options.log.error('kube-proxy could not write its rules; will try again', {
      node: this.#options.nodeName,
      error: error instanceof Error ? error.message : String(error),
    });
  }

  async #serveHealth(): Promise<void> {
    const { kernel, netns, nodeIPs, nodeName, log } = this.#options;
    const source = { mode: () => this.#mode, health: () => this.#health(), metrics: () => this.metrics.render() };
    try {
      this.#closeHealth = await serveHealth(kernel, netns, nodeIPs, source);
    } catch (error) {
      log.warn('kube-proxy cannot serve /healthz', { node: nodeName, error: String(error) });
    }
  }

  #health(): { lastUpdated: number; isHealthy: boolean } {
    const { requested, done } = this.generation;
    const { lastSyncAt, lastQueuedAt } = this.metrics;
    const isHealthy = requested === done || Date.now() - lastQueuedAt * 1000 < UNHEALTHY_AFTER_MS;
    return { lastUpdated: lastSyncAt * 1000, isHealthy };
  }
}

/** Makes a kube-proxy and resolves when its rules stand. */
export async function startKubeProxy(options: KubeProxyOptions): Promise<KubeProxy> {
  const proxy = new KubeProxy(options);
  await proxy.start();
  return proxy;
}

function factsOf(options: KubeProxyOptions): ProxyFacts[] {
  return options.nodeIPs.map((nodeIP) => {
    const family = parseIp(nodeIP)?.family;
    if (family === undefined) throw new RangeError(`kube-proxy on ${options.nodeName}: not a node address: ${nodeIP}`);
    const cidr = options.clusterCIDRs.find((text) => parseCidr(text)?.family === family);
    return defaultFacts({
      family,
      nodeIP,
      localTraffic: cidr === undefined ? undefined : { by: 'cidr', cidr },
      serviceCIDRs: (options.serviceCIDRs ?? []).filter((text) => parseCidr(text)?.family === family),
      masqueradeAll: options.masqueradeAll ?? false,
    });
  });
}
