/**
 * All rules of one node, each family in the backend of the present mode, and the change to another. Knows no API: views come
 * from the trackers it holds.
 */
import { isDeepStrictEqual } from 'node:util';
import { parseCidr } from '../net/cidr.ts';
import type { IpFamily } from '../net/ip.ts';
import type { Logger } from '../objects/component.ts';
import { PROXY_MODES, type ProxyMode } from '../objects/proxy-mode.ts';
import type { ServicePortViews } from '../objects/service-port-view.ts';
import { DEFAULT_IPVS, type ProxyFacts } from './backends/backend.ts';
import { NODE_ADDRESSES, nodeAddresses } from './backends/ipvs/observe.ts';
import { chooseMode, type ModeChoice, type ModeOptions } from './choose-mode.ts';
import { type Departing, DepartingRules } from './departing-rules.ts';
import { factsOf, type KubeProxyOptions } from './kube-proxy-options.ts';
import { factsInMode, type NodeRules, nodeRules } from './node-rules.ts';
import { ensurePacketCounters, removePacketCounters } from './packet-counters.ts';
import { choosesNodePortsByBlock } from './proxy-config.ts';
import { publishedConfig } from './published-config.ts';
import { retireFormer, writeNext } from './replace-rules.ts';
import type { SyncFailure, SyncResult } from './rule-sync.ts';
import { ServicePortTracker } from './service-port-tracker.ts';

/** Who is told of syncs, family by family. */
export interface SyncObserver {
  written(family: IpFamily, seconds: number, result: SyncResult): void;
  failed(family: IpFamily, failure: SyncFailure | undefined): void;
}

interface Family {
  readonly tracker: ServicePortTracker;
  facts: ProxyFacts;
  rules: NodeRules;
  /** The node's own of the family; undefined: not looked for. */
  addresses: readonly string[] | undefined;
}

/** A sync of all families. */
export interface SyncSummary {
  readonly isFull: boolean;
  /** Service ports whose view changed. */
  readonly changed: number;
  readonly hasWritten: boolean;
  /** True when a further sync of the same views will have something to do. */
  readonly isUnfinished: boolean;
}

export class ProxyRules {
  readonly #options: KubeProxyOptions;
  readonly #families: readonly Family[];
  /** Of former modes. */
  readonly #departing: DepartingRules;
  #choice: ModeChoice;

  constructor(options: KubeProxyOptions) {
    this.#options = options;
    this.#choice = { mode: options.mode };
    const { log, nodeName: node } = options;
    this.#departing = new DepartingRules((error) =>
      log.error('kube-proxy cannot remove what it has of its former mode', { node, error }),
    );
    this.#families = factsOf(options).map((facts) => ({
      tracker: new ServicePortTracker({ nodeName: options.nodeName, family: facts.family }),
      facts,
      rules: nodeRules(options.mode, options, facts),
      addresses: undefined,
    }));
  }

  /** The present mode, and why it is not the one asked for. */
  get choice(): ModeChoice {
    return this.#choice;
  }

  /** Scheduler of mode ipvs. */
  get scheduler(): string {
    return this.#families[0]?.facts.ipvs.scheduler ?? DEFAULT_IPVS.scheduler;
  }

  /** The configuration that was given, in the mode and with the scheduler of now. */
  get publishedConfig(): object | undefined {
    const { config, clusterCIDRs, nodeIPs } = this.#options;
    if (config === undefined) return undefined;
    const present = { ...config, ipvs: { ...config.ipvs, scheduler: this.scheduler } };
    return publishedConfig(present, { mode: this.#choice.mode, clusterCIDRs, nodeIPs });
  }

  get trackers(): readonly ServicePortTracker[] {
    return this.#families.map(({ tracker }) => tracker);
  }

  /** Finds out which mode can be, and reads what stands of it, ahead of the first `sync`. */
  async prepare(): Promise<void> {
    const { mode } = this.#options;
    this.#choice = (await this.choose(mode, {})).choice;
    await this.lookForAddresses();
    if (this.#choice.mode !== mode)
      for (const family of this.#families) {
        const { facts, addresses } = family;
        family.rules = nodeRules(this.#choice.mode, this.#options, facts, addresses);
      }
    await Promise.all([this.#count(this.#choice.mode), ...this.#families.map(({ rules }) => rules.prepare())]);
    for (const { facts, rules } of this.#families)
      rules.facts = { ...rules.facts, hasPacketCounters: facts.hasPacketCounters };
  }

  /** Only the rules of mode iptables feed counters. */
  async #count(mode: ProxyMode): Promise<void> {
    const { kernel, netns } = this.#options;
    const hasPacketCounters = mode === 'iptables' && (await ensurePacketCounters(kernel, netns));
    for (const family of this.#families) family.facts = { ...family.facts, hasPacketCounters };
  }

  /** What a wish for a mode comes to on this kernel, and the scheduler of mode ipvs: the present one where another cannot be. */
  async choose(mode: ProxyMode, options: ModeOptions): Promise<{ choice: ModeChoice; scheduler: string }> {
    const { kernel, netns, strictMode = false } = this.#options;
    const { scheduler = this.scheduler, strict = strictMode } = options;
    const choice = await chooseMode({ mode, scheduler, strict }, kernel, netns);
    return { choice, scheduler: choice.obstacle === undefined ? scheduler : this.scheduler };
  }

  /** What each family's rules are for, as of the last sync. */
  get views(): ReadonlyMap<IpFamily, ServicePortViews> {
    return new Map(this.#families.map(({ facts, tracker }) => [facts.family, tracker.views]));
  }

  /** The addresses that answer node ports; undefined when a family has them on all. */
  get nodePortHosts(): readonly string[] | undefined {
    const hosts = this.#families.map(({ rules }) => rules.facts.nodePortIPs);
    return hosts.includes(undefined) ? undefined : hosts.flatMap((ips) => ips ?? []);
  }

  /** Looks which of the node's addresses are to answer node ports, where blocks say it; true when rules are to be written for it. */
  async lookForAddresses(): Promise<boolean> {
    const { kernel, netns, config } = this.#options;
    if (config === undefined || !choosesNodePortsByBlock(config)) return false;
    const { stdout, exitCode } = await kernel.read(netns, NODE_ADDRESSES);
    // Those that were known stay.
    if (exitCode !== 0) return false;
    let isDue = false;
    for (const family of this.#families) {
      const { facts, rules } = family;
      family.addresses = nodeAddresses(stdout, facts.family);
      const { nodePortIPs } = factsInMode(this.#choice.mode, config, facts, family.addresses);
      if (isDeepStrictEqual(nodePortIPs, rules.facts.nodePortIPs)) continue;
      rules.facts = { ...rules.facts, nodePortIPs };
      isDue = true;
    }
    return isDue;
  }

  /**
   * The Service networks as they are now; true when rules are to be written for it. Only nftables guards them: in the other modes
   * they are kept for a change of mode.
   */
  setServiceCIDRs(cidrs: readonly string[]): boolean {
    let isDue = false;
    for (const family of this.#families) {
      const own = cidrs.filter((text) => parseCidr(text)?.family === family.facts.family).sort();
      if (isDeepStrictEqual(own, [...family.facts.serviceCIDRs].sort())) continue;
      family.facts = { ...family.facts, serviceCIDRs: own };
      if (this.#choice.mode !== 'nftables') continue;
      family.rules.facts = { ...family.rules.facts, serviceCIDRs: own };
      isDue = true;
    }
    return isDue;
  }

  /** Brings every family up to its tracker; the observer is told of each. Throws at the first that fails. */
  async sync(observer: SyncObserver): Promise<SyncSummary> {
    let [isFull, changed, hasWritten, isUnfinished] = [false, 0, false, false];
    for (const { tracker, rules, facts } of this.#families) {
      const start = performance.now();
      const update = tracker.update();
      changed += update.changed.size;
      let result: SyncResult;
      try {
        result = await rules.sync(update.views);
      } catch (error) {
        observer.failed(facts.family, rules.failure);
        throw error;
      }
      observer.written(facts.family, (performance.now() - start) / 1000, result);
      isFull ||= result.isFull;
      hasWritten ||= result.ran > 0;
      isUnfinished ||= result.isUnfinished;
    }
    return { isFull, changed, hasWritten, isUnfinished };
  }

  /** The former mode whose rules connections still go by. */
  get departing(): Departing | undefined {
    return this.#departing.departing;
  }

  /** Resolves when the rules of a former mode are gone, or are found to be needed for longer than some seconds. */
  formerSettled(): Promise<void> {
    return this.#departing.settled();
  }

  /**
   * Writes the rules of another mode; gives the function that has the former retire. Rejects when it cannot; then the former stay.
   */
  async write(choice: ModeChoice, scheduler: string): Promise<() => Promise<void>> {
    const former = this.#choice.mode;
    await this.#departing.comeBack(choice.mode);
    await this.#count(choice.mode);
    const replacements = this.#families.map(({ facts, rules, tracker, addresses }) => ({
      former: rules,
      next: nodeRules(choice.mode, this.#options, withScheduler(facts, scheduler), addresses),
      views: tracker.update().views,
    }));
    await writeNext(replacements);
    for (const [index, { next }] of replacements.entries()) this.#families[index]!.rules = next;
    this.keep(choice, scheduler);
    return async () => {
      await retireFormer(replacements);
      if (former === 'iptables') await removePacketCounters(this.#options.kernel, this.#options.netns);
      const retired = replacements.map((each) => each.former);
      await this.#departing.follow(former, retired);
    };
  }

  /** Stays with the present mode, for which another may have been asked; the next `sync` writes another scheduler. */
  keep(choice: ModeChoice, scheduler: string): void {
    this.#choice = choice;
    for (const family of this.#families) {
      family.facts = withScheduler(family.facts, scheduler);
      family.rules.facts = withScheduler(family.rules.facts, scheduler);
    }
  }

  /** What is not as it was written, a word of each family's; the next `sync` writes all. `onError` is told of what cannot be looked at. */
  async check(onError: (error: unknown) => void): Promise<string[]> {
    const lost: string[] = [];
    for (const { rules } of this.#families) {
      try {
        const found = await rules.check();
        if (found !== undefined) lost.push(found);
      } catch (error) {
        onError(error);
      }
    }
    return lost;
  }

  /** Looks no more whether connections need what a former mode has left: it stays. */
  stop(): Promise<void> {
    return this.#departing.halt();
  }

  async cleanup(): Promise<void> {
    for (const { rules } of this.#families) await rules.cleanup();
    await this.#departing.remove();
    if (this.#choice.mode === 'iptables') await removePacketCounters(this.#options.kernel, this.#options.netns);
  }

  /** Removes what an interrupted change of mode, or a former kube-proxy, has left of other modes, but for what connections under way need. */
  async removeOtherModes(log: Pick<Logger, 'warn'>): Promise<void> {
    for (const mode of PROXY_MODES.filter((other) => other !== this.#choice.mode)) {
      try {
        const left = this.#families.map(({ facts, rules }) => ({
          former: nodeRules(mode, this.#options, facts),
          rules,
        }));
        for (const { former, rules } of left) await former.retireLeft(rules.rules);
        if (mode === 'iptables') await removePacketCounters(this.#options.kernel, this.#options.netns);
        const retired = left.map(({ former }) => former);
        await this.#departing.follow(mode, retired);
      } catch (error) {
        // Without its tool a mode cannot have left anything.
        const node = this.#options.nodeName;
        log.warn('kube-proxy cannot look for rules of another mode', { node, mode, error: String(error) });
      }
    }
  }
}

function withScheduler(facts: ProxyFacts, scheduler: string): ProxyFacts {
  return { ...facts, ipvs: { ...facts.ipvs, scheduler } };
}
