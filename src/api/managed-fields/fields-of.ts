/**
 * The fields an object states: what an applier claims by applying it, and what pruning has to reckon with. A struct's field
 * is stated by what is in it; a list's element and a map's key are stated themselves. Source: structured-merge-diff,
 * typed/tofieldset.go. Pure.
 */
import { attach, type FieldSet, LEAF, type OpenFieldSet } from './field-set.ts';
import type { FieldType, ListType } from './field-type.ts';
import { knownListElement } from './path-element.ts';

/** Every field `value` states. */
export function fieldsOf(type: FieldType, value: unknown): FieldSet {
  const into: OpenFieldSet = {};
  collect(type, value, into);
  return into;
}

function collect(type: FieldType, value: unknown, into: OpenFieldSet): void {
  if (type.kind === 'list') {
    if (Array.isArray(value)) collectItems(type, value, into);
    return;
  }
  if (type.kind === 'scalar' || typeof value !== 'object' || value === null) return;
  for (const [name, member] of Object.entries(value)) {
    if (member === undefined) continue;
    const declared = type.kind === 'struct' ? type.fields.get(name) : undefined;
    if (type.kind === 'struct' && declared === undefined) continue;
    const below = type.kind === 'struct' ? declared!.type : type.values;
    const stated = type.kind === 'map' || isLeaf(below, member);
    attach(into, `f:${name}`, stated, stated && isLeaf(below, member) ? LEAF : fieldsOf(below, member));
  }
}

function collectItems(list: ListType, items: readonly unknown[], into: OpenFieldSet): void {
  const seen = new Set<string>();
  for (const item of items) {
    const element = knownListElement(list, item);
    if (element === undefined) continue;
    // Repeated elements are one leaf.
    attach(into, element, true, seen.has(element) ? LEAF : fieldsOf(list.items, item));
    seen.add(element);
  }
}

/** Owned as a whole, or with nothing in it that could be. */
function isLeaf(type: FieldType, value: unknown): boolean {
  if (type.kind === 'scalar' || type.atomic || value === null) return true;
  return type.kind !== 'list' && typeof value === 'object' && Object.keys(value).length === 0;
}
