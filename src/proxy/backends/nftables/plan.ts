/**
 * The planner of the nftables backend. A change of a Service is one transaction of its own chains, sets and elements,
 * whatever else the table holds.
 */
import { isDeepStrictEqual } from 'node:util';
import type { Batch } from '../../../kernel/kernel.ts';
import type { ServicePortView } from '../../../objects/service-port-view.ts';
import type { Desired, Plan } from '../backend.ts';
import { changedKeys } from '../changed-keys.ts';
import { changeClaims, NO_CLAIMS } from '../claims.ts';
import { tableOf } from './names.ts';
import { planFull } from './plan-full.ts';
import { type ServiceRules, serviceElements, serviceRules } from './service-rules.ts';
import { type ElementChanges, elementChanges } from './shared-elements.ts';
import { affinityChanges, type NftablesState, type RenderedState } from './state.ts';
import { type Chain, editText } from './table-text.ts';
import { changeBatches } from './transactions.ts';

/** Batches that take the kernel from `previous` to `desired`. */
export function planNftables({ views, facts }: Desired, previous: NftablesState): Plan<NftablesState> {
  if (previous.kind === 'rendered' && isDeepStrictEqual(previous.facts, facts)) {
    const changed = changedKeys(previous.views, views);
    const elements = changeClaims(
      { ...previous, itemsOf: serviceElements },
      { views, itemsOf: serviceElements },
      changed,
    );
    const state: RenderedState = { kind: 'rendered', views, facts, claims: elements.claims };
    return { batches: planChanges(previous, state, changed, elementChanges(elements)), state, isFull: false };
  }
  const nothing = { views: new Map(), claims: NO_CLAIMS, itemsOf: serviceElements };
  const { claims } = changeClaims(nothing, { views, itemsOf: serviceElements }, views.keys());
  const state: RenderedState = { kind: 'rendered', views, facts, claims };
  return { batches: planFull(state, previous), state, isFull: true };
}

function planChanges(
  previous: RenderedState,
  next: RenderedState,
  changed: readonly string[],
  elements: ElementChanges,
): Batch[] {
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
  const text = editText(table, {
    chains: after.chains.filter((chain) => !isSame(oldChains.get(chain.name), chain) || mentions(chain, replaced)),
    flush: goneChains,
    deleteSets: [...replaced, ...[...oldSets.keys()].filter((name) => !keptSets.has(name))],
    addSets: missing,
    deleteElements: elements.remove,
    addElements: elements.add,
  });
  return changeBatches(table, text, goneChains, next.facts.kernelRelease);
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
