/**
 * Full sync: the fixed part, then the Services some at a time, each with its elements, then what is left over removed and
 * the base chains, which make it effective. It may be interrupted at any point: a Service is reached only through its
 * elements, and they come with its chains.
 */
import type { Batch } from '../../../kernel/kernel.ts';
import type { IpFamily } from '../../../net/ip.ts';
import { BASE_CHAINS, declarationText, fixedChains, fixedElements } from './fixed-rules.ts';
import { isServiceChain, tableOf } from './names.ts';
import { type ServiceRules, serviceRules } from './service-rules.ts';
import { ownedElements } from './shared-elements.ts';
import { affinityChanges, expectedOf, type NftablesState, type ObservedState, type RenderedState } from './state.ts';
import { chunksOf, type Edit, type Element, editText, isSameValue } from './table-text.ts';
import { deletionBatches, nftBatch } from './transactions.ts';

/** Service ports per transaction: one of everything costs more than linearly from about here on (test/bench). */
export const SERVICES_PER_TRANSACTION = 1000;

const NO_EDIT: Edit = { chains: [], flush: [], deleteSets: [], addSets: [], deleteElements: [], addElements: [] };

/** Batches that bring `next` about, whatever stands in the kernel. */
export function planFull(next: RenderedState, previous: NftablesState): Batch[] {
  const existing = previous.kind === 'observed' ? previous : expectedOf(previous);
  const table = tableOf(next.facts.family);
  const sections = [...sectionsOf(next)];
  const fixed = declarationText(next.facts.family) + fixedText(next, existing);
  const wanted = { chains: new Set<string>(), sets: new Set<string>(), elements: new Set<string>() };
  for (const { rules, elements } of sections) {
    for (const { name } of rules.chains) wanted.chains.add(name);
    for (const { name } of rules.sets) wanted.sets.add(name);
    for (const element of elements) wanted.elements.add(element.id);
  }
  for (const element of fixedElements(next.facts)) wanted.elements.add(element.id);
  const stale = [...existing.chains].filter((name) => isServiceChain(name) && !wanted.chains.has(name));
  const last =
    editText(table, {
      ...NO_EDIT,
      flush: stale,
      deleteSets: [...existing.affinitySets.keys()].filter((name) => !wanted.sets.has(name)),
      deleteElements: [...existing.elements].filter(([id]) => !wanted.elements.has(id)).map(([, element]) => element),
    }) + baseText(next.facts.family, existing);
  const texts = chunksOf(sections, SERVICES_PER_TRANSACTION).map((chunk) => editText(table, editOf(chunk, existing)));
  // With few Services all of it is one transaction.
  const batches =
    texts.length <= 1 ? nftBatch(fixed + texts.join('') + last) : [fixed, ...texts, last].flatMap(nftBatch);
  // A table is woken in a transaction that changes no hook, or the kernel refuses it.
  const waking = existing.isAtRest ? nftBatch(`add table ${table}\n`) : [];
  return [...waking, ...batches, ...deletionBatches(table, stale)];
}

/** A Service port with the elements that are its own to write. */
interface Section {
  readonly rules: ServiceRules;
  readonly elements: readonly Element[];
}

function* sectionsOf({ views, facts }: RenderedState): Generator<Section> {
  const byOwner = new Map<string, Element[]>();
  for (const { owner, element } of ownedElements(views).values()) {
    const elements = byOwner.get(owner);
    if (elements === undefined) byOwner.set(owner, [element]);
    else elements.push(element);
  }
  for (const [key, view] of views) yield { rules: serviceRules(view, facts), elements: byOwner.get(key) ?? [] };
}

function editOf(sections: readonly Section[], existing: ObservedState): Edit {
  const sets = sections.flatMap(({ rules }) => rules.sets);
  const { replaced, missing } = affinityChanges(existing.affinitySets, sets);
  return {
    ...NO_EDIT,
    chains: sections.flatMap(({ rules }) => rules.chains),
    deleteSets: replaced,
    addSets: missing,
    ...elementEdit(
      sections.flatMap(({ elements }) => elements),
      existing,
    ),
  };
}

/** Elements that stand as they should stay untouched. */
function elementEdit(
  elements: readonly Element[],
  existing: ObservedState,
): Pick<Edit, 'deleteElements' | 'addElements'> {
  const differ = elements.filter((element) => {
    const standing = existing.elements.get(element.id);
    return standing === undefined || !isSameValue(standing, element);
  });
  return { addElements: differ, deleteElements: differ.filter((element) => existing.elements.has(element.id)) };
}

function fixedText({ facts }: RenderedState, existing: ObservedState): string {
  const edit = { ...NO_EDIT, chains: fixedChains(facts), ...elementEdit(fixedElements(facts), existing) };
  return editText(tableOf(facts.family), edit);
}

/** Base chains are made anew: one that stands with another hook or priority could not be changed. */
function baseText(family: IpFamily, existing: ObservedState): string {
  const table = tableOf(family);
  let text = '';
  for (const { name, type, hook, priority } of BASE_CHAINS) {
    if (existing.chains.has(name)) text += `delete chain ${table} ${name}\n`;
    text += `add chain ${table} ${name} { type ${type} hook ${hook} priority ${priority} ; }\n`;
  }
  for (const { name, rules } of BASE_CHAINS) for (const rule of rules) text += `add rule ${table} ${name} ${rule}\n`;
  return text;
}
