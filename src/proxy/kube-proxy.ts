/**
 * kube-proxy of one node: watches Services and EndpointSlices over the node's own connection to the API, keeps the
 * views (trackers), and has them written (rule-sync). It decides only when: after a change, and when rules are lost.
 */
import { CoalescingRunner } from '../client/coalescing-runner.ts';
import { Informer, type InformerChange } from '../client/informer.ts';
import { hasCaughtUp } from '../client/informer-progress.ts';
import { hostPort, wildcardFor } from '../net/host-port.ts';
import type { Component } from '../objects/component.ts';
import type { ProxyMode } from '../objects/proxy-mode.ts';
import { ENDPOINT_SLICES, NODES, SERVICE_CIDRS, SERVICES } from '../objects/resource.ts';
import type { EndpointSlice, Node, Service, ServiceCIDR } from '../objects/wire.ts';
import { announceMode } from './announce-mode.ts';
import type { ModeChoice, ModeOptions } from './choose-mode.ts';
import type { Departing } from './departing-rules.ts';
import { serviceKeyOf } from './endpoint-slices.ts';
import type { KubeProxyOptions } from './kube-proxy-options.ts';
import { ProxyReports } from './proxy-reports.ts';
import { ProxyRules } from './proxy-rules.ts';
import { setConntrack } from './set-conntrack.ts';
import { SyncPace } from './sync-pace.ts';

export interface SyncReport {
  readonly isFull: boolean;
  readonly ms: number;
  /** Service ports whose view changed. */
  readonly changed: number;
}

const ZONE_LABEL = 'topology.kubernetes.io/zone';
/** Neither other proxies' Services nor headless ones: kube-proxy's own selector. */
const SELECTOR = '!service.kubernetes.io/service-proxy-name,!service.kubernetes.io/headless';
const DRAIN_PERIOD_MS = 60_000;
const SOON_MS = 250;
const METRICS_ADDRESS = '127.0.0.1:10249';

/** A change of mode that has been asked for. */
interface PendingSwitch {
  readonly choice: ModeChoice;
  readonly scheduler: string;
  readonly done: PromiseWithResolvers<void>;
}

export class KubeProxy implements Component {
  readonly name = 'kube-proxy';
  readonly reports: ProxyReports;
  readonly #options: KubeProxyOptions;
  readonly #rules: ProxyRules;
  readonly #services: Informer<Service>;
  readonly #slices: Informer<EndpointSlice>;
  readonly #node: Informer<Node>;
  readonly #serviceCIDRs: Informer<ServiceCIDR>;
  readonly #runner: CoalescingRunner;
  readonly #pace: SyncPace;
  readonly #look = () => void this.checkRules();
  /** Resolves when the changes of mode asked for so far are done, or have failed. */
  #switching: Promise<unknown> = Promise.resolve();
  #pending: PendingSwitch | undefined;
  #isInitialised = false;
  #isStopped = false;
  #drainTimer: NodeJS.Timeout | undefined;
  #lastSync: SyncReport | undefined;

  constructor(options: KubeProxyOptions) {
    this.#options = options;
    this.#rules = new ProxyRules(options);
    this.#pace = new SyncPace({ ...options, mode: () => this.mode });
    this.reports = new ProxyReports({
      ...options,
      serves: options.serveHealth !== false,
      unhealthyAfterMs: () => 2 * this.#pace.periodMs,
      mode: () => this.mode,
      publishedConfig: () => this.#rules.publishedConfig,
      views: () => this.#rules.views,
      nodePortHosts: () => this.#rules.nodePortHosts,
    });
    const { transport, nodeName } = options;
    this.#services = new Informer(transport, SERVICES, { labelSelector: SELECTOR });
    this.#slices = new Informer(transport, ENDPOINT_SLICES, { labelSelector: SELECTOR });
    this.#node = new Informer(transport, NODES, { fieldSelector: `metadata.name=${nodeName}` });
    this.#serviceCIDRs = new Informer(transport, SERVICE_CIDRS, {});
    this.#serviceCIDRs.onChange(() => this.#onServiceCIDRs());
    this.#services.onChange((change) => this.#onService(change));
    this.#slices.onChange((change) => this.#onSlice(change));
    this.#node.onChange((change) => this.#onNode(change));
    this.#runner = new CoalescingRunner(
      () => this.#sync(),
      (error) => this.#onFailure(error),
    );
    options.relays?.onLost(() => {
      if (this.#isInitialised && this.mode === 'userspace') void this.checkRules();
    });
  }

  get mode(): ProxyMode {
    return this.#rules.choice.mode;
  }

  /** Why it is not the mode that was asked for; undefined when it is. */
  get obstacle(): string | undefined {
    return this.#rules.choice.obstacle;
  }

  /** How mode ipvs chooses an endpoint. */
  get scheduler(): string {
    return this.#rules.scheduler;
  }

  /** The former mode that connections still go by, when another has taken its place. */
  get departing(): Departing | undefined {
    return this.#rules.departing;
  }

  /**
   * Changes the backend while traffic flows: the new one's rules are in before the former's go, so every connection
   * meets one or the other. Resolves with the mode it has then: another than `wanted` where the kernel cannot do that.
   * Rejects when the new rules cannot be written; then the former stay. In mode ipvs `scheduler` may change alone.
   */
  switchMode(wanted: ProxyMode, options: ModeOptions = {}): Promise<ModeChoice> {
    const turn = this.#switching.then(() => this.#switchMode(wanted, options));
    this.#switching = turn.catch(() => undefined);
    return turn;
  }

  async #switchMode(wanted: ProxyMode, options: ModeOptions): Promise<ModeChoice> {
    const { choice, scheduler } = await this.#rules.choose(wanted, options);
    if (this.#isStopped) throw new Error(`kube-proxy on ${this.#options.nodeName} has stopped`);
    const isSame = choice.mode === this.mode;
    if (!isSame) {
      this.#pending = { choice, scheduler, done: Promise.withResolvers<void>() };
      this.#hurry();
      await this.#pending.done.promise;
      this.#pace.look(this.#look);
    } else {
      const isRescheduled = scheduler !== this.#rules.scheduler;
      this.#rules.keep(choice, scheduler);
      if (isRescheduled) await this.#runner.settled(this.#hurry());
    }
    if (!isSame || choice.obstacle !== undefined) this.#announce(wanted);
    return choice;
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
    await Promise.all([this.#list(), this.#rules.prepare(), setConntrack(this.#options, this.reports)]);
    if (this.#isStopped) return;
    this.#announce(this.#options.mode);
    this.#isInitialised = true;
    this.#request();
    await this.#runner.settled();
    // They seldom change, and the plan had them: nobody waits for the list. (An API server before 1.33 has none.)
    void this.#serviceCIDRs.start();
    const { config, nodeIPs } = this.#options;
    const healthz = config?.healthzBindAddress || hostPort(wildcardFor(nodeIPs), 10_256);
    await this.reports.start(healthz, config?.metricsBindAddress || METRICS_ADDRESS);
    this.#pace.look(this.#look);
  }

  #announce(wanted: ProxyMode): void {
    const { nodeName, log } = this.#options;
    const node = this.#node.get(nodeName) ?? { metadata: { name: nodeName } };
    announceMode({ node, wanted, choice: this.#rules.choice, recorder: this.reports.events, log });
  }

  /** One list after the other, all over one connection: a second one costs more (its TLS handshake) than the wait. */
  async #list(): Promise<void> {
    await this.#services.start();
    await this.#slices.start();
    await this.#node.start();
  }

  async stop(): Promise<void> {
    this.#isStopped = true;
    this.#pace.stop();
    clearTimeout(this.#drainTimer);
    await Promise.all([
      this.#services.stop(),
      this.#slices.stop(),
      this.#node.stop(),
      this.#serviceCIDRs.stop(),
      this.#runner.stop(),
    ]);
    await this.#rules.stop();
    this.#pending?.done.reject(new Error(`kube-proxy on ${this.#options.nodeName} has stopped`));
    this.#pending = undefined;
    await this.reports.stop();
  }

  /** Removes what an interrupted change of mode, or a former kube-proxy, has left of other modes. */
  removeOtherModes(): Promise<void> {
    return this.#rules.removeOtherModes(this.#options.log);
  }

  /** Stops, and removes all rules of this proxy. */
  async cleanup(): Promise<void> {
    await this.stop();
    await this.#rules.cleanup();
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

  /** Looks whether someone has taken away or changed rules, and writes them all again if so. True when nobody has. */
  async checkRules(): Promise<boolean> {
    const cannot = (error: unknown) =>
      this.#options.log.error('kube-proxy cannot check its rules', { node: this.#options.nodeName, error });
    if (await this.#rules.lookForAddresses().catch(cannot)) this.#request();
    const { mode } = this;
    const lost = await this.#rules.check(cannot);
    // A change of mode writes over what its predecessor wrote.
    const isWhole = lost.length === 0 || this.#pending !== undefined || this.mode !== mode;
    if (isWhole || this.#isStopped) return isWhole;
    this.#options.log.warn('kube-proxy lost rules; writing all of them again', { node: this.#options.nodeName, lost });
    await this.#runner.settled(this.#request());
    return false;
  }

  #onService(change: InformerChange<Service>): void {
    this.reports.serviceChanged();
    for (const tracker of this.#rules.trackers) {
      if (change.type === 'deleted') tracker.deleteService(change.object);
      else tracker.setService(change.object);
    }
    this.#requestIfDirty();
  }

  #onSlice(change: InformerChange<EndpointSlice>): void {
    this.reports.sliceChanged(change.object, change.type === 'deleted');
    for (const tracker of this.#rules.trackers) {
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
    this.reports.nodeChanged(change.type === 'deleted' ? undefined : change.object);
    const zone = change.type === 'deleted' ? '' : (change.object.metadata?.labels?.[ZONE_LABEL] ?? '');
    for (const tracker of this.#rules.trackers) tracker.setZone(zone);
    this.#requestIfDirty();
  }

  #onServiceCIDRs(): void {
    const cidrs = this.#serviceCIDRs.list().flatMap(({ spec }) => spec?.cidrs ?? []);
    if (this.#rules.setServiceCIDRs(cidrs)) this.#request();
  }

  #requestIfDirty(): void {
    if (this.#isInitialised && this.#rules.trackers.some(({ isDirty }) => isDirty)) this.#request();
  }

  #request(): number {
    this.reports.queued();
    return this.#runner.request();
  }

  #hurry(): number {
    this.#pace.hurry();
    return this.#request();
  }

  async #sync(): Promise<void> {
    await this.#pace.keepDistance();
    if (this.#isStopped) return;
    if (this.#pending !== undefined) return await this.#performSwitch(this.#pending);
    const start = performance.now();
    const { isFull, changed, hasWritten, isUnfinished } = await this.#rules.sync(this.reports);
    if (isUnfinished) this.#comeBackLater(hasWritten ? SOON_MS : DRAIN_PERIOD_MS);
    this.#pace.synced();
    this.#lastSync = { isFull, ms: performance.now() - start, changed };
    await this.reports.synced();
  }

  /** Connections of removed endpoints end by themselves: somebody has to look. Most have none, and go at the first look. */
  #comeBackLater(ms: number): void {
    clearTimeout(this.#drainTimer);
    if (this.#isStopped) return;
    this.#drainTimer = setTimeout(() => void this.#request(), Math.min(ms, this.#options.drainPeriodMs ?? ms));
    this.#drainTimer.unref();
  }

  /** The caller of `switchMode` learns of an error; the syncs go on with whichever rules then stand. */
  async #performSwitch({ choice, scheduler, done }: PendingSwitch): Promise<void> {
    const start = performance.now();
    try {
      const retireFormer = await this.#rules.write(choice, scheduler);
      this.#lastSync = { isFull: true, ms: performance.now() - start, changed: 0 };
      await this.reports.synced();
      await retireFormer();
      // Outside of this sync: changes do not wait for connections to end.
      void this.#rules.formerSettled().then(done.resolve);
    } catch (error) {
      done.reject(error);
    } finally {
      this.#pending = undefined;
    }
    // A change that came with the request is in the new rules already; in the former ones only after this.
    if (this.#rules.choice !== choice) await this.#sync();
  }

  #onFailure(error: unknown): void {
    this.#options.log.error('kube-proxy could not write its rules; will try again', {
      node: this.#options.nodeName,
      error: error instanceof Error ? error.message : String(error),
    });
  }
}

/** Makes a kube-proxy and resolves when its rules stand. */
export async function startKubeProxy(options: KubeProxyOptions): Promise<KubeProxy> {
  const proxy = new KubeProxy(options);
  await proxy.start();
  return proxy;
}
