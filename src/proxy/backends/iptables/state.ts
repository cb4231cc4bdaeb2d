/** What the iptables backend knows of the kernel's rules: what it last wrote, or what `iptables-save` shows. */
import type { ServicePortViews } from '../../../objects/service-port-view.ts';
import type { ProxyFacts } from '../backend.ts';
import { FIREWALL, isServiceChain, PROXY_CANARY } from './chain-names.ts';
import { DISPATCH_CHAINS, fixedChains, JUMPS, type Jump, KUBELET_JUMPS, type Table } from './fixed-chains.ts';
import { serviceRules } from './service-rules.ts';

export interface RenderedState {
  readonly kind: 'rendered';
  readonly views: ServicePortViews;
  readonly facts: ProxyFacts;
  readonly isLargeCluster: boolean;
}

export interface ObservedState {
  readonly kind: 'observed';
  /** User-defined chains per table. */
  readonly chains: Readonly<Record<Table, ReadonlySet<string>>>;
  /** `jumpKey` of each of our jumps that stands. */
  readonly jumps: ReadonlySet<string>;
}

export type IptablesState = RenderedState | ObservedState;

export function jumpKey(jump: Jump): string {
  return `${jump.table} ${jump.from} ${jump.rule}`;
}

/** Reads `iptables-save` (all tables): names of chains, and which of our jumps stand. Rules of Services are not kept. */
export function observeSave(save: string): ObservedState {
  const chains: Record<Table, Set<string>> = { mangle: new Set(), nat: new Set(), filter: new Set() };
  const known = new Set([...JUMPS, ...KUBELET_JUMPS].map(jumpKey));
  const jumps = new Set<string>();
  let table: Table | undefined;
  for (const line of save.split('\n')) {
    if (line.startsWith('*')) {
      const name = line.slice(1).trim();
      table = name === 'mangle' || name === 'nat' || name === 'filter' ? name : undefined;
    } else if (table !== undefined && line.startsWith(':')) {
      const [name = '', policy] = line.slice(1).split(' ');
      if (policy === '-') chains[table].add(name);
    } else if (table !== undefined && line.startsWith('-A ') && !line.startsWith('-A KUBE-')) {
      const key = `${table} ${line.slice(3)}`;
      if (known.has(key)) jumps.add(key);
    }
  }
  return { kind: 'observed', chains, jumps };
}

/** A rendered state as `iptables-save` would show it. */
export function expectedOf(state: RenderedState): ObservedState {
  const fixed = fixedChains(state.facts);
  const services = new Set<string>();
  for (const view of state.views.values()) {
    for (const chain of serviceRules(view, state).chains) services.add(chain.name);
  }
  return {
    kind: 'observed',
    chains: {
      mangle: new Set([PROXY_CANARY]),
      filter: new Set([PROXY_CANARY, FIREWALL, ...DISPATCH_CHAINS.filter, ...fixed.filter.map(({ name }) => name)]),
      nat: new Set([PROXY_CANARY, ...DISPATCH_CHAINS.nat, ...fixed.nat.map(({ name }) => name), ...services]),
    },
    jumps: new Set([...JUMPS, ...KUBELET_JUMPS].map(jumpKey)),
  };
}

/** The observed chains that belong to Services, those that are jumped to behind those that jump. */
export function serviceChainsOf(state: ObservedState): string[] {
  const order = ['KUBE-FW-', 'KUBE-EXT-', 'KUBE-SVC-', 'KUBE-SVL-', 'KUBE-SEP-'];
  const rank = (name: string) => order.findIndex((prefix) => name.startsWith(prefix));
  return [...state.chains.nat].filter(isServiceChain).sort((a, b) => rank(a) - rank(b));
}
