/**
 * What changed between two versions of an object, as sets of fields: `changed` was added or has another value, `removed` is
 * gone. Whatever appears or goes as a whole counts with all it holds. Source: structured-merge-diff, typed/compare.go. Pure.
 */
import { equalJson } from '../json.ts';
import { attach, type FieldSet, LEAF, type OpenFieldSet } from './field-set.ts';
import type { FieldType, ListType, MapType, StructField, StructType } from './field-type.ts';
import { knownListElement } from './path-element.ts';

export interface Comparison {
  readonly changed: FieldSet;
  readonly removed: FieldSet;
}

interface OpenComparison {
  readonly changed: OpenFieldSet;
  readonly removed: OpenFieldSet;
}

type Members = Readonly<Record<string, unknown>>;

/** The difference of two objects of one type. */
export function compare(type: FieldType, before: unknown, after: unknown): Comparison {
  const result: OpenComparison = { changed: {}, removed: {} };
  compareBelow(type, before, after, result);
  return result;
}

function compareMember(type: FieldType, element: string, before: unknown, after: unknown, into: OpenComparison): void {
  if (before === after) return;
  if (isLeaf(type, before, after)) {
    if (before === undefined) into.changed[element] = LEAF;
    else if (after === undefined) into.removed[element] = LEAF;
    else if (!equalJson(before, after)) into.changed[element] = LEAF;
    return;
  }
  const below: OpenComparison = { changed: {}, removed: {} };
  compareBelow(type, before, after, below);
  attach(into.changed, element, before === undefined, below.changed);
  attach(into.removed, element, after === undefined, below.removed);
}

/** A value that is owned as a whole: a scalar, an atomic list or map, and what is empty on both sides. */
function isLeaf(type: FieldType, before: unknown, after: unknown): boolean {
  if (type.kind === 'scalar' || type.atomic) return true;
  const container = type.kind === 'list' ? isFilledList : isFilledMap;
  return !container(before) && !container(after);
}

function isFilledList(value: unknown): boolean {
  return Array.isArray(value) && value.length > 0;
}

function isFilledMap(value: unknown): boolean {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return false;
  for (const _ in value) return true;
  return false;
}

function compareBelow(type: FieldType, before: unknown, after: unknown, into: OpenComparison): void {
  if (type.kind === 'struct') compareStructs(type, membersOf(before), membersOf(after), into);
  else if (type.kind === 'map') compareMaps(type, membersOf(before), membersOf(after), into);
  else if (type.kind === 'list') compareLists(type, itemsOf(before), itemsOf(after), into);
}

function membersOf(value: unknown): Members | undefined {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Members) : undefined;
}

function itemsOf(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}

function compareStructs(
  { fields, implied }: StructType,
  before: Members | undefined,
  after: Members | undefined,
  into: OpenComparison,
): void {
  const compareField = (name: string) => {
    const field = fields.get(name);
    if (field === undefined) return;
    compareMember(field.type, field.element, fieldValue(before, name, field), fieldValue(after, name, field), into);
  };
  for (const name in after) compareField(name);
  for (const name in before) if (after?.[name] === undefined) compareField(name);
  if (before !== undefined && after !== undefined) return;
  for (const name of implied) if (before?.[name] === undefined && after?.[name] === undefined) compareField(name);
}

/** A field that is there even when nothing is said of it is not made by what is put into it. */
function fieldValue(parent: Members | undefined, name: string, { empty }: StructField): unknown {
  if (parent === undefined) return undefined;
  const value = parent[name];
  return value === undefined ? empty : value;
}

function compareMaps(
  { values }: MapType,
  before: Members | undefined,
  after: Members | undefined,
  into: OpenComparison,
): void {
  for (const key in after) compareMember(values, `f:${key}`, ownValue(before, key), after[key], into);
  for (const key in before) {
    if (ownValue(after, key) === undefined) compareMember(values, `f:${key}`, before[key], undefined, into);
  }
}

/** Keys of maps are anybody's words: `constructor` too. */
function ownValue(members: Members | undefined, key: string): unknown {
  return members !== undefined && Object.hasOwn(members, key) ? members[key] : undefined;
}

function compareLists(
  list: ListType,
  before: readonly unknown[],
  after: readonly unknown[],
  into: OpenComparison,
): void {
  const [was, is] = [byElement(list, before), byElement(list, after)];
  for (const element of new Set([...was.keys(), ...is.keys()])) {
    compareElement(list.items, element, was.get(element) ?? [], is.get(element) ?? [], into);
  }
}

/** Elements that occur twice (the environment of a container may repeat a name) are owned as one leaf. */
function compareElement(
  items: FieldType,
  element: string,
  before: readonly unknown[],
  after: readonly unknown[],
  into: OpenComparison,
): void {
  if (before.length <= 1 && after.length <= 1) compareMember(items, element, before[0], after[0], into);
  else if (before.length >= 2 && after.length >= 2) {
    if (!equalJson(before, after)) into.changed[element] = LEAF;
  } else if (before.length >= 2) {
    if (after.length === 1) compareMember(items, element, undefined, after[0], into);
    into.removed[element] = LEAF;
  } else {
    if (before.length === 1) compareMember(items, element, before[0], undefined, into);
    into.changed[element] = LEAF;
  }
}

/** The items by their element; what has none (validation refuses it) is nobody's. */
function byElement(list: ListType, items: readonly unknown[]): Map<string, unknown[]> {
  const map = new Map<string, unknown[]>();
  for (const item of items) {
    const element = knownListElement(list, item);
    if (element === undefined) continue;
    const known = map.get(element);
    if (known === undefined) map.set(element, [item]);
    else known.push(item);
  }
  return map;
}
