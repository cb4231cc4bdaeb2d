/**
 * The words in which a situation is told: a Service, what stands behind it, who asks, and what comes of it. One
 * expectation holds for every backend; where a backend differs by its nature, it says why and which source says so.
 */
import type { IpFamily } from '../../../src/net/ip.ts';
import type { PROXY_MODES } from '../../../src/objects/proxy-mode.ts';
import type { ServiceSpec } from '../../../src/objects/wire.ts';

export type Backend = (typeof PROXY_MODES)[number];

/** The pods: `a1` and `a2` with servers on node-1, `b1` on node-2, `u1` there never ready, `p1` and `p2` to ask from. */
export type PodName = 'a1' | 'a2' | 'b1' | 'u1' | 'p1' | 'p2';

export type NodeName = 'control-plane' | 'node-1' | 'node-2';

/** Where a question starts. */
export type Place = PodName | NodeName | 'client';

/** An endpoint as it stands in an EndpointSlice; ready unless said otherwise. */
export interface EndpointSpec {
  /** A node: a pod in its network. */
  readonly at: PodName | NodeName | 'client';
  readonly ready?: boolean;
  readonly serving?: boolean;
  readonly terminating?: boolean;
  readonly forZones?: readonly string[];
  readonly forNodes?: readonly string[];
}

/** Where a question goes. `port` is the name of a Service port, or a number that no Service port has; default: the first. */
export type Target =
  | { readonly clusterIP: true; readonly port?: string | number }
  /** An address of the Service network that no Service has. */
  | { readonly unallocated: true }
  | { readonly nodePort: NodeName; readonly port?: string; readonly on?: 'loopback' | 'bridge' }
  /** The address outside the cluster: external IP, or that of the load balancer. */
  | { readonly vip: true; readonly port?: string }
  /** Its name, which the cluster's DNS is asked for: `CNAME example.org`, or the places whose addresses it has. */
  | { readonly dns: true };

/**
 * What is observed, in one text:
 * `a1<p1 b1<p1`: these pods answered, and saw that source (`node-1`: any address of that node);
 * `sticks`: one of them answered every time; `lets go`: one did, until there was a pause; `refused`: at once; `silence`:
 * nobody answers; `closed`: accepted, then hung up without a word.
 */
export type Observation = string;

/** A backend's own way. */
export interface Exception {
  readonly expect: Observation;
  readonly why: string;
  /** The upstream text that says so. */
  readonly source: string;
  /** Of one family alone. */
  readonly family?: IpFamily;
}

export interface Ask {
  readonly from: Place;
  readonly to: Target;
  readonly expect: Observation;
  readonly unlike?: Partial<Record<Backend, Exception>>;
  /** Asks over one socket (UDP) for the length of the situation. */
  readonly keep?: boolean;
  /** Milliseconds between two questions, longer than a client sticks to its server. */
  readonly pauseMs?: number;
}

/** A change, and what is asked once it is in the rules of every node. */
export interface Act {
  /** The endpoints from now on. */
  readonly endpoints?: readonly EndpointSpec[];
  /** Changes of the Service's spec from now on (merged). */
  readonly service?: Partial<ServiceSpec>;
  /** The families asked in this act; default: all of the situation's. */
  readonly over?: readonly IpFamily[];
  readonly asks: readonly Ask[];
}

export interface Situation {
  /** The row of the feature table and a few words: `C4 a node port on every node`. */
  readonly title: string;
  /** The Service has an address of each, the first one's first, and every question is asked over each. Default: both. */
  readonly families?: readonly IpFamily[];
  readonly service: Partial<ServiceSpec>;
  /** An address outside the cluster, to which the client has a route by way of this node. */
  readonly vip?: {
    readonly via: NodeName;
    readonly as: 'external' | 'loadBalancer';
    readonly ipMode?: 'VIP' | 'Proxy';
  };
  readonly acts: readonly Act[];
}

/** A question in a line. */
export function ask(from: Place, to: Target, expect: Observation, more: Omit<Ask, 'from' | 'to' | 'expect'> = {}): Ask {
  return { from, to, expect, ...more };
}

/** `a1<p1 b1<p1`: these answer, and all see one source. */
export function seenBy(servers: readonly EndpointSpec['at'][], source: Place): Observation {
  return servers.map((server) => `${server}<${source}`).join(' ');
}

export const CLUSTER_IP: Target = { clusterIP: true };
export const VIP: Target = { vip: true };
export const DNS: Target = { dns: true };

export const BOTH_FAMILIES: readonly IpFamily[] = [4, 6];

/** The families in which a situation is played. */
export function familiesOf({ families = BOTH_FAMILIES }: Pick<Situation, 'families'>): readonly IpFamily[] {
  return families;
}

/** A situation over one family, in words. */
export function playName({ situation, family }: { situation: Situation; family: IpFamily }): string {
  return `${situation.title}, over IPv${family}`;
}

/** What is asked in an act over one family. */
export function asksOver({ over, asks }: Act, family: IpFamily): readonly Ask[] {
  return over === undefined || over.includes(family) ? asks : [];
}

/** True when it is about SCTP, of which no relay knows. */
export function isSctp({ service }: Pick<Situation, 'service'>): boolean {
  return service.ports?.some(({ protocol }) => protocol === 'SCTP') ?? false;
}

export function nodePort(node: NodeName): Target {
  return { nodePort: node };
}

export const ALL = ['a1', 'a2', 'b1'] as const;
export const WEB: readonly EndpointSpec[] = ALL.map((at) => ({ at }));
