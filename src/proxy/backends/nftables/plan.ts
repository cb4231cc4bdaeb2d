/**
 * The planner of the nftables backend. A change of a Service is one transaction of its own chains, sets and elements,
 * whatever else the table holds.
 */
import { isDeepStrictEqual } from 'node:util';
import type { Batch } from '../../../kernel/kernel.ts';
import type { ServicePortView, ServicePortViews } from '../../../objects/service-port-view.ts';
import type { Desired, Plan } from '../backend.ts';
import { tableOf } from './names.ts';
import { planFull } from './plan-full.ts';
import { type ServiceRules, serviceRules } from './service-rules.ts';
import { elementChanges } from './shared-elements.ts';
import { affinityChanges, type NftablesState, type RenderedState } from './state.ts';
import { type Chain, editText } from './table-text.ts';
import { deletionBatches, nftBatch } from './transactions.ts';

/** Batches that take the kernel from `previous` to `desired`. */
export function planNftables(desired: Desired, previous: NftablesState): Plan<NftablesState> {
  const state: RenderedState = { kind: 'rendered', ...desired };
  const isAlike = previous.kind === 'rendered' && isDeepStrictEqual(previous.facts, state.facts);
  if (!isAlike) return { batches: planFull(state, previous), state, isFull: true };
  return { batches: planChanges(previous, state), state, isFull: false };
}

function planChanges(previous: RenderedState, next: RenderedState): Batch[] {
  const changed = changedKeys(previous.views, next.views);
  if (changed.length === 0) return [];
  const table = tableOf(next.facts.family);
  const before = rulesOf(changed, previous);
  const after = rulesOf(changed, next);
  const oldSets = new Map(before.sets.map(({ name, timeoutSeconds }) => [name, timeoutSeconds]));
  const { replaced, missing } = affinityChanges(oldSets, after.sets);
  const oldChains = new Map(before.chains.map((chain) => [chain.name, chain]));
  const kept = new Set(after.chains.map(({ name }) => name));
  const keptSets = new Set(after.sets.map(({ name }) => name));
  const goneChains = [...oldChains.keys()].filter((name) => !kept.has(name));
  const elements = elementChanges(previous.views, next.views, changed);
  const text = editText(table, {
    chains: after.chains.filter((chain) => !isSame(oldChains.get(chain.name), chain) || mentions(chain, replaced)),
    flush: goneChains,
    deleteSets: [...replaced, ...[...oldSets.keys()].filter((name) => !keptSets.has(name))],
    addSets: missing,
    deleteElements: elements.remove,
    addElements: elements.add,
  });
  return [...nftBatch(text), ...deletionBatches(table, goneChains)];
}

function changedKeys(before: ServicePortViews, after: ServicePortViews): string[] {
  if (before === after) return [];
  return [
    ...[...before.keys()].filter((key) => !after.has(key)),
    ...[...after].filter(([key, view]) => before.get(key) !== view).map(([key]) => key),
  ];
}

function rulesOf(keys: readonly string[], { views, facts }: RenderedState): ServiceRules {
  const rules = keys
    .map((key) => views.get(key))
    .filter((view): view is ServicePortView => view !== undefined)
    .map((view) => serviceRules(view, facts));
  return { chains: rules.flatMap(({ chains }) => chains), sets: rules.flatMap(({ sets }) => sets) };
}

function isSame(a: Chain | undefined, b: Chain): boolean {
  return a?.rules.length === b.rules.length && a.rules.every((rule, index) => rule === b.rules[index]);
}

/** A chain that names a set which is replaced has to let go of it. */
function mentions({ rules }: Chain, sets: readonly string[]): boolean {
  return sets.some((set) => rules.some((rule) => rule.includes(`@${set} `)));
}
