/**
 * What of this backend's table does not stand as it was written, from what `nft -j list table` prints: chains with their rules, affinity
 * sets, elements with their verdicts, and what there is besides. Pure.
 */
import { BASE_CHAINS, fixedChains } from './fixed-rules.ts';
import { type ListedObject, listedObjects, observeObjects } from './listing.ts';
import { isServiceChain } from './names.ts';
import { listedForm, writtenForm } from './rule-text.ts';
import { serviceRules } from './service-rules.ts';
import { expectedOf, type NftablesState, type RenderedState } from './state.ts';

export function* differences(state: NftablesState, [listing = '']: readonly string[]): Generator<string> {
  if (state.kind !== 'rendered') return;
  const objects = listedObjects(listing);
  const standing = observeObjects(objects);
  if (!standing.exists) {
    yield 'there is no table';
    return;
  }
  const wanted = expectedOf(state);
  if (standing.isAtRest) yield 'the table has flags';
  yield* mapDifferences('element', standing.elements, wanted.elements, (element) =>
    [element.verdict, element.comment].join(' '),
  );
  yield* mapDifferences('set', standing.affinitySets, wanted.affinitySets, (seconds) => `timeout ${seconds}s`);
  yield* mapDifferences('chain', standingRules(objects, wanted.chains), wantedRules(state), (rules) =>
    rules.join('; '),
  );
}

/** By name, and in the words that `textOf` has for what must be the same. */
function* mapDifferences<T>(
  kind: string,
  standing: ReadonlyMap<string, T>,
  wanted: ReadonlyMap<string, T>,
  textOf: (value: T) => string,
): Generator<string> {
  for (const [name, value] of wanted) {
    const other = standing.get(name);
    if (other === undefined) yield `${kind} ${name} is gone`;
    else if (textOf(other) !== textOf(value)) yield `${kind} ${name} is "${textOf(other)}", not "${textOf(value)}"`;
  }
  for (const name of standing.keys()) if (!wanted.has(name)) yield `${kind} ${name} is nobody's`;
}

/** The rules of each chain, its hook before them; a chain of somebody else's is passed over. */
function standingRules(objects: readonly ListedObject[], ours: ReadonlySet<string>): Map<string, string[]> {
  const chains = new Map<string, string[]>();
  for (const { chain, rule } of objects) {
    if (chain !== undefined && (ours.has(chain.name) || isServiceChain(chain.name))) {
      const { name, type, hook, prio = 0, policy } = chain;
      chains.set(name, hook === undefined ? [] : [`${type} hook ${hook} priority ${prio} policy ${policy}`]);
    }
    if (rule !== undefined) chains.get(rule.chain)?.push(listedForm(rule));
  }
  return chains;
}

function wantedRules({ views, facts }: RenderedState): Map<string, string[]> {
  const chains = new Map<string, string[]>();
  for (const { name, type, hook, priority, rules } of BASE_CHAINS)
    chains.set(name, [`${type} hook ${hook} priority ${priority} policy accept`, ...rules.map(writtenForm)]);
  for (const { name, rules } of fixedChains(facts)) chains.set(name, rules.map(writtenForm));
  for (const view of views.values())
    for (const { name, rules } of serviceRules(view, facts).chains) chains.set(name, rules.map(writtenForm));
  return chains;
}
