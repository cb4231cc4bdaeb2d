/**
 * Whether all of this backend's table stands, from what `nft -j list table` prints: chains with as many rules as were written, affinity
 * sets, elements with their verdicts, and none besides. Pure.
 */
import { BASE_CHAINS, fixedChains } from './fixed-rules.ts';
import { observeTable } from './listing.ts';
import { serviceRules } from './service-rules.ts';
import { expectedOf, type NftablesState, type RenderedState } from './state.ts';
import { isSameValue } from './table-text.ts';

export function isWhole(state: NftablesState, [listing = '']: readonly string[]): boolean {
  if (state.kind !== 'rendered') return true;
  const standing = observeTable(listing);
  const wanted = expectedOf(state);
  return (
    standing.exists &&
    isSameMap(standing.elements, wanted.elements, isSameValue) &&
    isSameMap(standing.affinitySets, wanted.affinitySets, (a, b) => a === b) &&
    isSameMap(rulesByChain(listing), wantedRules(state), (a, b) => a === b)
  );
}

function isSameMap<T>(a: ReadonlyMap<string, T>, b: ReadonlyMap<string, T>, isSame: (a: T, b: T) => boolean): boolean {
  if (a.size !== b.size) return false;
  for (const [key, value] of b) {
    const other = a.get(key);
    if (other === undefined || !isSame(other, value)) return false;
  }
  return true;
}

function rulesByChain(listing: string): Map<string, number> {
  const counts = new Map<string, number>();
  const { nftables } = JSON.parse(listing) as {
    nftables: readonly { chain?: { name: string }; rule?: { chain: string } }[];
  };
  for (const { chain, rule } of nftables) {
    if (chain !== undefined) counts.set(chain.name, 0);
    if (rule !== undefined) counts.set(rule.chain, (counts.get(rule.chain) ?? 0) + 1);
  }
  return counts;
}

function wantedRules({ views, facts }: RenderedState): Map<string, number> {
  const services = [...views.values()].flatMap((view) => serviceRules(view, facts).chains);
  return new Map([...BASE_CHAINS, ...fixedChains(facts), ...services].map(({ name, rules }) => [name, rules.length]));
}
