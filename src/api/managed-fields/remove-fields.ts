/** Takes fields out of an object. Source: structured-merge-diff, typed/remove.go. Pure. */
import { setMember } from '../json.ts';
import { descend, type FieldSet, isEmptySet } from './field-set.ts';
import type { FieldType, ListType } from './field-type.ts';
import { knownListElement } from './path-element.ts';

/** The value without the members of `fields`; null when nothing is left of a list or map. */
export function removeFields(type: FieldType, value: unknown, fields: FieldSet): unknown {
  if (isEmptySet(fields) || type.kind === 'scalar' || type.atomic) return value;
  if (type.kind === 'list') return Array.isArray(value) ? removeItems(type, value, fields) : value;
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return value;
  const kept: Record<string, unknown> = {};
  for (const [name, member] of Object.entries(value)) {
    const { member: removed, below } = descend(fields, `f:${name}`);
    if (removed) continue;
    const memberType = type.kind === 'struct' ? type.fields.get(name)?.type : type.values;
    setMember(kept, name, memberType === undefined ? member : removeFields(memberType, member, below));
  }
  return Object.keys(kept).length === 0 ? null : kept;
}

function removeItems(list: ListType, items: readonly unknown[], fields: FieldSet): unknown[] | null {
  const kept: unknown[] = [];
  for (const item of items) {
    const element = knownListElement(list, item);
    const { member: removed, below } = descend(fields, element ?? '');
    if (!removed) kept.push(removeFields(list.items, item, below));
  }
  return kept.length === 0 ? null : kept;
}
