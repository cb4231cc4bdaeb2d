/**
 * Sets of fields, kept as the very tree that FieldsV1 writes: an element leads to the node of what is below it, `.` says
 * that the node itself belongs to the set, an empty node is a member with nothing below. A tree holds no node without a member.
 * Sets are never changed once made, so equal ones can be shared. Source: structured-merge-diff, fieldpath/set.go. Pure.
 */
import type { FieldType } from './field-type.ts';
import { compareElements, elementText, isElement } from './path-element.ts';

export interface FieldSet {
  readonly [element: string]: FieldSet;
}

/** A set that is being made. */
export interface OpenFieldSet {
  [element: string]: FieldSet;
}

/** The node of a member with nothing below, and at the root the set without members. */
export const LEAF: FieldSet = Object.freeze({});

const SELF = '.';

/** True for the root of a set without members. */
export function isEmptySet(set: FieldSet): boolean {
  for (const _ in set) return false;
  return true;
}

function isMember(node: FieldSet): boolean {
  return node[SELF] !== undefined || isEmptySet(node);
}

/** Adds what is below `element` to a set in the making: nothing when there is neither a member nor anything below. */
export function attach(target: OpenFieldSet, element: string, member: boolean, below: FieldSet): void {
  if (isEmptySet(below)) {
    if (member) target[element] = LEAF;
  } else target[element] = member ? { [SELF]: LEAF, ...below } : below;
}

/** What is below a node, without the node itself. */
function below(node: FieldSet): FieldSet {
  if (node[SELF] === undefined) return node;
  const { [SELF]: _self, ...rest } = node;
  return rest;
}

/** Members of either set. */
export function union(a: FieldSet, b: FieldSet): FieldSet {
  if (a === b || isEmptySet(b)) return a;
  if (isEmptySet(a)) return b;
  const result: OpenFieldSet = { ...a };
  for (const element in b) {
    const [mine, other] = [a[element], b[element]!];
    if (mine === undefined) result[element] = other;
    else attach(result, element, isMember(mine) || isMember(other), union(below(mine), below(other)));
  }
  return result;
}

/** Members of `a` that are none of `b`; what is below a member of `b` stays. */
export function difference(a: FieldSet, b: FieldSet): FieldSet {
  return subtract(a, b, false);
}

/** Members of `a` that are neither members of `b` nor below one. */
export function differenceWithBelow(a: FieldSet, b: FieldSet): FieldSet {
  return subtract(a, b, true);
}

function subtract(a: FieldSet, b: FieldSet, withBelow: boolean): FieldSet {
  if (isEmptySet(b) || isEmptySet(a)) return a;
  const result: OpenFieldSet = {};
  for (const element in a) {
    const [mine, other] = [a[element]!, b[element]];
    if (other === undefined) result[element] = mine;
    else if (!(withBelow && isMember(other))) {
      attach(result, element, isMember(mine) && !isMember(other), subtract(below(mine), below(other), withBelow));
    }
  }
  return result;
}

/** Members of both sets. */
export function intersection(a: FieldSet, b: FieldSet): FieldSet {
  const result: OpenFieldSet = {};
  for (const element in a) {
    const [mine, other] = [a[element]!, b[element]];
    if (other === undefined) continue;
    attach(result, element, isMember(mine) && isMember(other), intersection(below(mine), below(other)));
  }
  return result;
}

/** The node at an element: whether it is a member itself, and what is below. */
export function descend(set: FieldSet, element: string): { readonly member: boolean; readonly below: FieldSet } {
  const node = set[element];
  return node === undefined ? { member: false, below: LEAF } : { member: isMember(node), below: below(node) };
}

/** Every member's path as its elements; those of one level before those below it. */
export function paths(set: FieldSet, prefix: readonly string[] = []): string[][] {
  const elements = sortedElements(set);
  const members = elements.filter((element) => isMember(set[element]!)).map((element) => [...prefix, element]);
  return [...members, ...elements.flatMap((element) => paths(below(set[element]!), [...prefix, element]))];
}

/** `.spec.ports[port=80,protocol="TCP"].name`. */
export function pathText(path: readonly string[]): string {
  return path.map(elementText).join('');
}

/** The set of these paths. */
export function setOfPaths(members: readonly (readonly string[])[]): FieldSet {
  return members.reduce<FieldSet>((set, path) => union(set, path.reduceRight<FieldSet>(wrap, LEAF)), LEAF);
}

function wrap(node: FieldSet, element: string): FieldSet {
  return { [element]: node };
}

/**
 * The set with every declared field on the way to a member a member too. A struct's field exists as long as anything in it
 * does; a map's key or a list's element only while somebody claims it.
 */
export function withNamedFields(set: FieldSet, type: FieldType | undefined): FieldSet {
  const result: OpenFieldSet = {};
  for (const element in set) {
    const node = set[element]!;
    const named = type?.kind === 'struct' ? type.fields.get(element.slice(2)) : undefined;
    attach(
      result,
      element,
      named !== undefined || isMember(node),
      withNamedFields(below(node), typeBelow(type, element)),
    );
  }
  return result;
}

function typeBelow(type: FieldType | undefined, element: string): FieldType | undefined {
  if (type?.kind === 'struct') return type.fields.get(element.slice(2))?.type;
  if (type?.kind === 'map') return type.values;
  return type?.kind === 'list' ? type.items : undefined;
}

function sortedElements(set: FieldSet): string[] {
  const elements = Object.keys(set).filter((element) => element !== SELF);
  return elements.length > 1 ? elements.sort(compareElements) : elements;
}

/** The set as FieldsV1 writes it, elements in their order: equal sets have equal texts. */
export function textOf(set: FieldSet): string {
  const parts = set[SELF] === undefined ? [] : ['".":{}'];
  for (const element of sortedElements(set)) parts.push(`${JSON.stringify(element)}:${textOf(set[element]!)}`);
  return `{${parts.join(',')}}`;
}

/** No object of the API is nested as deeply; a text that is would only exhaust the stack. */
const DEEPEST = 64;

/** Whether a JSON value is a set as this module makes them. */
export function isFieldSet(value: unknown, depth = 0): value is FieldSet {
  if (typeof value !== 'object' || value === null || Array.isArray(value) || depth > DEEPEST) return false;
  return Object.entries(value).every(([element, node]) => {
    if (element === SELF) return depth > 0 && isFieldSet(node, DEEPEST);
    return isElement(element) && isFieldSet(node, depth + 1);
  });
}
