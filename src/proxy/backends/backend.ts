/**
 * What a backend of kube-proxy is: pure functions from views to batches. The component (src/proxy/kube-proxy.ts) feeds
 * and applies them; a further backend is a further implementation of `ProxyBackend`.
 */
import type { Batch } from '../../kernel/kernel.ts';
import type { IpFamily } from '../../net/ip.ts';
import type { ServicePortViews } from '../../objects/service-port-view.ts';
import type { KeptRules } from './kept-rules.ts';

/** A command that only reads. */
export type Command = readonly [string, ...string[]];

/** What commands printed, by their words with blanks between. */
export type Answers = ReadonlyMap<string, string>;

/** How traffic of this node's pods is told from other traffic (kube-proxy's `detectLocal`). */
export type LocalTraffic =
  | { readonly by: 'cidr'; readonly cidr: string }
  | { readonly by: 'interface'; readonly device: string };

/** The part `ipvs` of kube-proxy's configuration (KubeProxyIPVSConfiguration); times in seconds, 0: the kernel's own. */
export interface IpvsOptions {
  readonly scheduler: string;
  readonly strictARP: boolean;
  /** Virtual servers at these addresses are somebody else's. */
  readonly excludeCIDRs: readonly string[];
  readonly tcpTimeout: number;
  readonly tcpFinTimeout: number;
  readonly udpTimeout: number;
}

/** What a backend must know of its node and of kube-proxy's options. Compared by value; a change is a full sync. */
export interface ProxyFacts {
  readonly family: IpFamily;
  /** The node's primary address of the family. */
  readonly nodeIP: string;
  /** Undefined: pods cannot be told apart, as without `clusterCIDR`. */
  readonly localTraffic: LocalTraffic | undefined;
  readonly masqueradeAll: boolean;
  /** Node addresses that answer node ports; undefined: all local ones. */
  readonly nodePortIPs: readonly string[] | undefined;
  /** The Service network of the family, block by block; a backend that guards unallocated addresses does so within it. */
  readonly serviceCIDRs: readonly string[];
  /** Node ports also on 127.0.0.1 (IPv4, iptables backend only). */
  readonly localhostNodePorts: boolean;
  /** True when the kernel treats out-of-window TCP packets leniently, so that INVALID ones need no drop. */
  readonly conntrackTcpBeLiberal: boolean;
  /** The kernel's named packet counters are there, which two rules feed (iptables backend only). */
  readonly hasPacketCounters: boolean;
  /** The bit of the packet mark that says "masquerade"; kube-proxy's default is 14 (0x4000). */
  readonly masqueradeBit: number;
  readonly ipvs: IpvsOptions;
  /** As `uname -r` prints it. */
  readonly kernelRelease: string;
}

export interface Desired {
  readonly views: ServicePortViews;
  readonly facts: ProxyFacts;
  /** Userspace alone: the port each relay listens on, by its key (userspace/relays.ts). */
  readonly relayPorts?: ReadonlyMap<string, number>;
}

export interface Plan<State> {
  readonly batches: readonly Batch[];
  /** What the kernel holds once the batches have run. */
  readonly state: State;
  /** True when everything was written, not the difference to `previous`. */
  readonly isFull: boolean;
  /** True when something waits for its end (connections of a removed endpoint): to be planned again in a while. */
  readonly isUnfinished?: boolean;
}

/** How a backend gives way to another so that no connection is cut. `State` is one from `observed`. */
export interface Departure<State> {
  /** Before the other's rules are written: new connections stop to rely on what will go. */
  prepare(state: State, facts: ProxyFacts): readonly Batch[];
  /** Takes that back, whether it was done or not: the others could not be written, or have given way again. */
  stay(state: State, facts: ProxyFacts): readonly Batch[];
  /** Once they are written: takes away what still leads new connections here, but for what `kept` names. */
  retire(state: State, family: IpFamily, kept: KeptRules): readonly Batch[];
  /** Reads the connections that need what is left then: their number by what they need. */
  readonly underWay: {
    commands(family: IpFamily): readonly Command[];
    read(outputs: readonly string[], waiting: Waiting<State>): ReadonlyMap<string, number>;
  };
  /** Removes what none of them needs: without any, all that is left, and what `prepare` has made. */
  settle(parts: SettledParts<State>): readonly Batch[];
}

export interface Waiting<State> {
  /** What stood when the rules retired. */
  readonly retired: State;
  readonly facts: ProxyFacts;
  /** They have been waited for some seconds: those that never end by themselves, and can be taken up again, do not count any more. */
  readonly isLate: boolean;
}

export interface SettledParts<State> {
  readonly retired: State;
  /** Read anew. */
  readonly standing: State;
  readonly underWay: ReadonlyMap<string, number>;
  readonly facts: ProxyFacts;
}

/** A cheap question to the kernel whether rules still stand: `argv` must succeed and print `contains`. */
export interface Probe {
  readonly argv: Command;
  readonly contains: string;
}

export interface ProxyBackend<State> {
  readonly mode: 'iptables' | 'ipvs' | 'nftables' | 'userspace';
  /** The commands whose outputs `observed` turns into a state, after a start or a failure. */
  observe(family: IpFamily): readonly Command[];
  /** What they say on stderr when they fail because nothing of this backend stands: then their output is taken as empty. */
  readonly nothingStands?: RegExp;
  /** Lines that only remove what nothing leads to any more: one that fails leaves no packet astray. */
  readonly cleanupLine?: RegExp;
  observed(outputs: readonly string[], family: IpFamily): State;
  /** What `plan` must know besides what was written; answered anew before every plan. */
  questions?(desired: Desired, previous: State): readonly Command[];
  plan(desired: Desired, previous: State, answers?: Answers): Plan<State>;
  probes(family: IpFamily): readonly Probe[];
  /**
   * Probes say little: in what the kernel, as the commands of `observe` print it, differs from `state`, one by one in words. What others
   * may have beside it is none.
   */
  differences(state: State, outputs: readonly string[], family: IpFamily): Iterable<string>;
  /** Chains and jumps that other backends have too. */
  readonly rules?: KeptRules;
  /** For a backend that cannot be removed at once without loss. */
  readonly departure?: Departure<State>;
  /** Removes all that this backend wrote but for what `kept` names; `state` from `observed`. */
  cleanup(state: State, family: IpFamily, kept?: KeptRules): readonly Batch[];
}

export const DEFAULT_IPVS: IpvsOptions = Object.freeze({
  scheduler: 'rr',
  strictARP: false,
  excludeCIDRs: [],
  tcpTimeout: 0,
  tcpFinTimeout: 0,
  udpTimeout: 0,
});

/** kube-proxy's defaults for a node. */
export function defaultFacts(facts: Pick<ProxyFacts, 'family' | 'nodeIP'> & Partial<ProxyFacts>): ProxyFacts {
  return Object.freeze({
    localTraffic: undefined,
    masqueradeAll: false,
    nodePortIPs: undefined,
    serviceCIDRs: [],
    localhostNodePorts: facts.family === 4,
    conntrackTcpBeLiberal: false,
    hasPacketCounters: false,
    masqueradeBit: 14,
    ipvs: DEFAULT_IPVS,
    kernelRelease: '',
    ...facts,
  });
}
