/** Reads `nft -j list table`: names of chains, affinity sets with timeouts, elements of the shared sets and maps, and rules. Pure. */
import { CONTAINERS, type Container, isAffinitySet } from './names.ts';
import type { ListedRule } from './rule-text.ts';
import { NOTHING, type ObservedState } from './state.ts';
import { type Element, elementOf } from './table-text.ts';

/** The parts of nft's JSON that are read here. */
interface ListedSet {
  readonly name: string;
  readonly timeout?: number;
  readonly elem?: readonly unknown[];
}

export interface ListedObject {
  readonly table?: { readonly flags?: unknown };
  /** `type` and what follows: of a base chain. */
  readonly chain?: {
    readonly name: string;
    readonly type?: string;
    readonly hook?: string;
    readonly prio?: number;
    readonly policy?: string;
  };
  readonly set?: ListedSet;
  readonly map?: ListedSet;
  readonly rule?: ListedRule & { readonly chain: string };
}

/** Of a table with flags nft 1.0.6 prints nonsense: anything in their place, or no more at all. */
const FLAGS = /"handle": \d+, "flags": /;

/** None for an empty output: there is no table. Throws a `SyntaxError` for what is no JSON. */
export function listedObjects(output: string): readonly ListedObject[] {
  if (output === '') return [];
  try {
    return (JSON.parse(output) as { nftables: readonly ListedObject[] }).nftables;
  } catch (error) {
    if (error instanceof SyntaxError && FLAGS.test(output)) return [{ table: { flags: 'unknown' } }];
    throw error;
  }
}

/** What stands of a table. Throws as `listedObjects` does. */
export function observeTable(output: string): ObservedState {
  return observeObjects(listedObjects(output));
}

/** What stands of a table; nothing where nothing is listed. */
export function observeObjects(objects: readonly ListedObject[]): ObservedState {
  if (objects.length === 0) return NOTHING;
  const chains = new Set<string>();
  const affinitySets = new Map<string, number>();
  const elements = new Map<string, Element>();
  let isAtRest = false;
  for (const { table, chain, set, map } of objects) {
    if (table?.flags !== undefined) isAtRest = true;
    if (chain !== undefined) chains.add(chain.name);
    const container = set ?? map;
    if (container === undefined) continue;
    if (isAffinitySet(container.name)) affinitySets.set(container.name, container.timeout ?? 0);
    else if (isShared(container.name)) {
      for (const listed of container.elem ?? []) {
        const element = readElement(container.name, listed);
        elements.set(element.id, element);
      }
    }
  }
  return { kind: 'observed', exists: true, isAtRest, chains, affinitySets, elements };
}

function isShared(name: string): name is Container {
  return CONTAINERS.some((container) => container === name);
}

/** An element of a set is its key; one of a map the pair of key and verdict. A key with a comment is `{elem: {val, comment}}`. */
function readElement(container: Container, listed: unknown): Element {
  const [key, verdict] = Array.isArray(listed) ? (listed as [unknown, unknown]) : [listed, undefined];
  const { val, comment } = isCommented(key) ? key.elem : { val: key, comment: undefined };
  const words = isConcatenation(val) ? val.concat : [val];
  const found = verdict === undefined ? undefined : verdictText(verdict as Record<string, { target?: string } | null>);
  return elementOf(container, words.join(' . '), found, comment);
}

function isCommented(key: unknown): key is { readonly elem: { readonly val: unknown; readonly comment?: string } } {
  return typeof key === 'object' && key !== null && 'elem' in key;
}

function isConcatenation(value: unknown): value is { readonly concat: readonly unknown[] } {
  return typeof value === 'object' && value !== null && 'concat' in value;
}

function verdictText(verdict: Record<string, { target?: string } | null>): string {
  const [[word = '', value] = []] = Object.entries(verdict);
  return value?.target === undefined ? word : `${word} ${value.target}`;
}
