/** What the ipvs backend knows of the kernel: what it last wrote, or what the kernel's listings show. */
import type { ServicePortViews } from '../../../objects/service-port-view.ts';
import type { Claims } from '../claims.ts';
import type { SavedChains } from '../iptables/chain-differences.ts';
import type { SetName } from './names.ts';
import type { Item, ItemOptions } from './service-items.ts';
import type { VirtualServer } from './virtual-server.ts';

export interface RenderedState {
  readonly kind: 'rendered';
  readonly views: ServicePortViews;
  readonly options: ItemOptions;
  /** Of items. */
  readonly claims: Claims;
  /** Entries of each set. */
  readonly counts: ReadonlyMap<SetName, number>;
  readonly outRules: ReadonlySet<string>;
  /** Real servers with weight 0 that still have connections, as `leavingKey`. */
  readonly leaving: ReadonlySet<string>;
}

export interface ObservedState {
  readonly kind: 'observed';
  /** Of this family, by id. */
  readonly servers: ReadonlyMap<string, VirtualServer>;
  /** Those of our sets of this family that stand. */
  readonly sets: ReadonlySet<SetName>;
  /** Their entries, and the addresses on kube-ipvs0, by id. */
  readonly items: ReadonlyMap<string, Item>;
  readonly hasDevice: boolean;
  /** True when mode userspace leads connections to its relays. */
  readonly hasPortals: boolean;
  /** True when kube-ipvs0 has addresses of the other family too. */
  readonly sharesDevice: boolean;
  readonly nodeAddresses: readonly string[];
  /** Our chains that stand, with their rules. */
  readonly chains: SavedChains;
  /** `jumpKey` of each of our jumps that stands. */
  readonly jumps: ReadonlySet<string>;
}

export type IpvsState = RenderedState | ObservedState;

/** Names a real server of a virtual server: `TCP 10.96.0.1:443 10.244.1.2:6443`. */
export function leavingKey(id: string, realServer: string): string {
  return `${id} ${realServer}`;
}

/** The virtual server's id of a `leavingKey`, and the real server. */
export function leavingParts(key: string): [id: string, realServer: string] {
  const space = key.lastIndexOf(' ');
  return [key.slice(0, space), key.slice(space + 1)];
}
