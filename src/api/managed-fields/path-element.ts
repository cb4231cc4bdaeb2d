/**
 * Path elements in the writing of FieldsV1: `f:NAME` a field, `k:{…}` the list element with these keys, `v:…` the set's
 * element with this value, `i:N` a position. Source: structured-merge-diff, fieldpath/serialize-pe.go. Pure.
 */
import type { ListType } from './field-type.ts';

/** A list element that cannot be told apart from others; the message names what is missing. */
export class ListElementError extends Error {
  override readonly name = 'ListElementError';
}

/** The element of a set or map list. Throws a `ListElementError`. */
export function listElement(list: ListType, item: unknown): string {
  if (list.keys.length === 0) return setElement(item);
  if (item === null) throw new ListElementError('associative list with keys may not have a null element');
  if (typeof item !== 'object' || Array.isArray(item)) {
    throw new ListElementError('associative list with keys may not have non-map elements');
  }
  const member = item as Readonly<Record<string, unknown>>;
  const keys = list.keys.map(({ name, default: preset }) => {
    const value = member[name] ?? preset;
    if (value !== undefined) return `${JSON.stringify(name)}:${JSON.stringify(value)}`;
    throw new ListElementError(
      `associative list with keys has an element that omits key field "${name}" (and doesn't have default value)`,
    );
  });
  return `k:{${keys.join(',')}}`;
}

/** The same, and undefined for what has no element; such an item is nobody's. */
export function knownListElement(list: ListType, item: unknown): string | undefined {
  try {
    return listElement(list, item);
  } catch (error) {
    if (error instanceof ListElementError) return undefined;
    throw error;
  }
}

function setElement(item: unknown): string {
  if (item === null) throw new ListElementError("associative list without keys has an element that's an explicit null");
  if (Array.isArray(item)) throw new ListElementError('not supported: associative list with lists as elements');
  if (typeof item === 'object') {
    throw new ListElementError("associative list without keys has an element that's a map type");
  }
  return `v:${JSON.stringify(item)}`;
}

/** The element for people: `.spec`, `[port=80,protocol="TCP"]`, `[="value"]`, `[0]`. */
export function elementText(element: string): string {
  const content = element.slice(2);
  switch (element[0]) {
    case 'f':
      return `.${content}`;
    case 'k': {
      const keys = Object.entries(JSON.parse(content) as object).map(
        ([name, value]) => `${name}=${JSON.stringify(value)}`,
      );
      return `[${keys.join(',')}]`;
    }
    case 'v':
      return `[=${content}]`;
    default:
      return `[${content}]`;
  }
}

const KINDS = 'fkvi';

/** True for the writing of an element, whoever wrote it. */
export function isElement(text: string): boolean {
  if (text[1] !== ':') return false;
  const content = text.slice(2);
  if (text[0] === 'f') return true;
  if (text[0] === 'i') return /^\d{1,9}$/.test(content);
  if (text[0] !== 'k' && text[0] !== 'v') return false;
  const value = parsed(content);
  const isMap = typeof value === 'object' && value !== null && !Array.isArray(value);
  return text[0] === 'k' ? isMap : value !== undefined && !isMap;
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** The order of elements in FieldsV1: fields, then keys, values and positions; numbers by size, names by bytes. */
export function compareElements(a: string, b: string): number {
  if (a[0] !== b[0]) return KINDS.indexOf(a[0]!) - KINDS.indexOf(b[0]!);
  if (a[0] === 'f') return a < b ? -1 : 1;
  return compareValues(JSON.parse(a.slice(2)), JSON.parse(b.slice(2)));
}

function compareValues(a: unknown, b: unknown): number {
  if (typeof a === 'number' && typeof b === 'number') return a - b;
  if (typeof a === 'object' && typeof b === 'object' && a !== null && b !== null) {
    const [left, right] = [Object.entries(a), Object.entries(b)];
    for (const [index, [name, value]] of left.entries()) {
      const other = right[index];
      if (other === undefined) return 1;
      const order = name === other[0] ? compareValues(value, other[1]) : compareValues(name, other[0]);
      if (order !== 0) return order;
    }
    return left.length - right.length;
  }
  const [left, right] = [String(a), String(b)];
  if (left === right) return 0;
  return left < right ? -1 : 1;
}
