/** What the nftables backend knows of its table: what it last wrote, or what `nft -j list table` shows. */
import type { ServicePortViews } from '../../../objects/service-port-view.ts';
import type { ProxyFacts } from '../backend.ts';
import type { Claims } from '../claims.ts';
import { BASE_CHAINS, fixedChains, fixedElements } from './fixed-rules.ts';
import { serviceRules } from './service-rules.ts';
import { ownedElements } from './shared-elements.ts';
import type { AffinitySet, Element } from './table-text.ts';

export interface RenderedState {
  readonly kind: 'rendered';
  readonly views: ServicePortViews;
  readonly facts: ProxyFacts;
  /** Of elements. */
  readonly claims: Claims;
}

export interface ObservedState {
  readonly kind: 'observed';
  /** False: there is no such table. */
  readonly exists: boolean;
  /** True for a table with flags, as `dormant`: its hooks are not in force. */
  readonly isAtRest: boolean;
  readonly chains: ReadonlySet<string>;
  /** Affinity sets with their timeout. */
  readonly affinitySets: ReadonlyMap<string, number>;
  /** Of the shared sets and maps, by id. */
  readonly elements: ReadonlyMap<string, Element>;
}

export type NftablesState = RenderedState | ObservedState;

export const NOTHING: ObservedState = {
  kind: 'observed',
  exists: false,
  isAtRest: false,
  chains: new Set(),
  affinitySets: new Map(),
  elements: new Map(),
};

/** A rendered state as a listing would show it. */
export function expectedOf({ views, facts }: Pick<RenderedState, 'views' | 'facts'>): ObservedState {
  const chains = new Set([...BASE_CHAINS, ...fixedChains(facts)].map(({ name }) => name));
  const affinitySets = new Map<string, number>();
  for (const view of views.values()) {
    const rules = serviceRules(view, facts);
    for (const { name } of rules.chains) chains.add(name);
    for (const { name, timeoutSeconds } of rules.sets) affinitySets.set(name, timeoutSeconds);
  }
  const elements = new Map([...ownedElements(views)].map(([id, { element }]) => [id, element]));
  for (const element of fixedElements(facts)) elements.set(element.id, element);
  return { kind: 'observed', exists: true, isAtRest: false, chains, affinitySets, elements };
}

/** The sets of `wanted` that are not there as they should be, and those of them that must go before they can come. */
export function affinityChanges(
  existing: ReadonlyMap<string, number>,
  wanted: readonly AffinitySet[],
): { readonly replaced: readonly string[]; readonly missing: readonly AffinitySet[] } {
  const missing = wanted.filter(({ name, timeoutSeconds }) => existing.get(name) !== timeoutSeconds);
  return { replaced: missing.map(({ name }) => name).filter((name) => existing.has(name)), missing };
}
