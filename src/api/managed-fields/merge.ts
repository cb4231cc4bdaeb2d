/**
 * Lays an applied configuration over the live object: what it states replaces, lists and maps that are not atomic are
 * merged element by element. Source: structured-merge-diff, typed/merge.go. Pure; the result shares what did not change.
 */
import { setMember } from '../json.ts';
import type { FieldType, ListType } from './field-type.ts';
import { knownListElement } from './path-element.ts';

type Members = Readonly<Record<string, unknown>>;

/** The merged value; `undefined` stands for an absent one. The configuration must have passed `typeProblems`. */
export function merge(type: FieldType, live: unknown, config: unknown): unknown {
  if (config === undefined || live === undefined || type.kind === 'scalar' || type.atomic) return config ?? live;
  if (type.kind === 'list') {
    const [was, asked] = [itemsOf(live), itemsOf(config)];
    return was.length === 0 && asked.length === 0 ? config : mergeLists(type, was, asked);
  }
  const [was, asked] = [membersOf(live), membersOf(config)];
  if (Object.keys(was).length === 0 && Object.keys(asked).length === 0) return config;
  const result: Record<string, unknown> = { ...was };
  for (const [name, value] of Object.entries(asked)) {
    const below = type.kind === 'struct' ? type.fields.get(name)?.type : type.values;
    if (below === undefined) continue;
    setMember(result, name, merge(below, Object.hasOwn(was, name) ? was[name] : undefined, value));
  }
  return result;
}

function membersOf(value: unknown): Members {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Members) : {};
}

function itemsOf(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}

interface Keyed {
  readonly element: string | undefined;
  readonly item: unknown;
}

/**
 * Elements both lists have stand in the configuration's order; the live list's own stand before the next one of those they
 * stood before.
 */
function mergeLists(list: ListType, live: readonly unknown[], config: readonly unknown[]): unknown[] {
  const keyed = (item: unknown): Keyed => ({ element: knownListElement(list, item), item });
  const [was, asked] = [live.map(keyed), config.map(keyed)];
  const wasByElement = new Map(was.map((entry) => [entry.element, entry]));
  const askedElements = new Set(asked.map(({ element }) => element));
  const shared = asked.filter(({ element }) => wasByElement.has(element)).map(({ element }) => element);
  const result: unknown[] = [];
  let [at, turn] = [0, 0];
  /** Takes live elements up to the next one that the configuration has too and that has its turn. */
  const takeLive = (until: string | undefined) => {
    for (; at < was.length && !(turn < shared.length && was[at]!.element === until); at += 1) {
      if (!askedElements.has(was[at]!.element)) result.push(was[at]!.item);
    }
  };
  for (const { element, item } of asked) {
    takeLive(shared[turn]);
    const found = wasByElement.get(element);
    result.push(found === undefined ? item : merge(list.items, found.item, item));
    if (found === undefined) continue;
    if (was[at]?.element === element) at += 1;
    turn += 1;
  }
  takeLive(undefined);
  return result;
}
