/**
 * The order of a merged list: elements the patch names stand in the patch's order, all others in the order they had, and the
 * two sequences are interleaved by the order they had together. Source: "Preserve Order in Strategic Merge Patch". Pure.
 */
import type { Json } from './json-value.ts';

/** Orders `merged`. `identity` gives what an element is told apart by; elements of `wanted` may be bare (key only). */
export function inOrder(
  merged: readonly Json[],
  wanted: readonly Json[],
  live: readonly Json[],
  identity: (item: Json) => Json | undefined,
): Json[] {
  const rank = ranks(wanted, identity);
  const liveRank = ranks(live, identity);
  const isNamed = (item: Json) => rank.has(identity(item));
  const place = (map: ReadonlyMap<unknown, number>, item: Json) => map.get(identity(item)) ?? Number.POSITIVE_INFINITY;
  // Array.sort is stable: elements of one identity (53/TCP, 53/UDP) keep their order.
  const named = merged.filter(isNamed).sort((a, b) => compare(place(rank, a), place(rank, b)));
  const others = merged
    .filter((item) => !isNamed(item))
    .sort((a, b) => compare(place(liveRank, a), place(liveRank, b)));
  const result: Json[] = [];
  let [name, rest] = [0, 0];
  while (name < named.length && rest < others.length) {
    const [own, other] = [place(liveRank, named[name]!), place(liveRank, others[rest]!)];
    const isOthers = Number.isFinite(other) && Number.isFinite(own) && other < own;
    result.push(isOthers ? others[rest++]! : named[name++]!);
  }
  return [...result, ...named.slice(name), ...others.slice(rest)];
}

/** First position of each identity. */
function ranks(list: readonly Json[], identity: (item: Json) => Json | undefined): Map<unknown, number> {
  const map = new Map<unknown, number>();
  for (const [index, item] of list.entries()) if (!map.has(identity(item))) map.set(identity(item), index);
  return map;
}

function compare(a: number, b: number): number {
  return a === b ? 0 : a - b;
}
