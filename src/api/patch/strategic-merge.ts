/**
 * Strategic merge patch: like a merge patch, but lists with the patch strategy `merge` are merged, by merge key when they hold
 * objects, and directives ($patch, $retainKeys, $setElementOrder/…, $deleteFromPrimitiveList/…) say what JSON cannot.
 * Which lists merge by which key is read from the published definitions. Pure: both arguments stay as they are.
 */
import { resolve, type SchemaNode } from '../schema/definitions.ts';
import { isJsonObject, type Json, type JsonObject, PatchError } from './json-value.ts';
import { inOrder } from './list-order.ts';

const DIRECTIVE = '$patch';
const RETAIN_KEYS = '$retainKeys';
const ORDER = '$setElementOrder/';
const DELETE = '$deleteFromPrimitiveList/';

/** What the definitions say of one list. */
interface ListFacts {
  readonly merges: boolean;
  readonly key: string | undefined;
  /** All keys that together name an element; used where the merge key alone is not unique. */
  readonly keys: readonly string[];
  readonly items: SchemaNode;
}

/** The patched object; `schema` describes `target`. Throws a `PatchError` for a patch of bad form. */
export function strategicMerge(target: JsonObject | undefined, patch: JsonObject, schema: SchemaNode): JsonObject {
  const directive = patch[DIRECTIVE];
  if (directive === 'replace') return withoutDirectives(patch);
  if (directive === 'delete') return {};
  if (directive !== undefined && directive !== 'merge')
    throw new PatchError(`unknown patch type: ${JSON.stringify(directive)} in map: ${JSON.stringify(patch)}`);
  const result: JsonObject = { ...target };
  retainKeys(result, patch);
  for (const key of fieldsOf(patch)) mergeField(result, patch, key, fieldSchema(schema, key));
  return result;
}

/** The fields a patch is about, in its order: also those that only a directive names. */
function fieldsOf(patch: JsonObject): Set<string> {
  const fields = new Set<string>();
  for (const key of Object.keys(patch)) {
    if (key === DIRECTIVE || key === RETAIN_KEYS) continue;
    if (key.startsWith(ORDER)) fields.add(key.slice(ORDER.length));
    else if (key.startsWith(DELETE)) fields.add(key.slice(DELETE.length));
    else fields.add(key);
  }
  return fields;
}

/** The node of a member: of a struct, of a map, or unknown (then lists replace). */
function fieldSchema(schema: SchemaNode, key: string): SchemaNode {
  const node = resolve(schema);
  if (node.properties !== undefined) return Object.hasOwn(node.properties, key) ? node.properties[key]! : {};
  return node.additionalProperties ?? {};
}

function retainKeys(target: JsonObject, patch: JsonObject): void {
  const keep = patch[RETAIN_KEYS];
  if (keep === undefined) return;
  if (!Array.isArray(keep)) throw new PatchError('invalid patch format of retainKeys');
  const kept = new Set(keep);
  for (const key of fieldsOf(patch)) {
    if (patch[key] !== undefined && patch[key] !== null && !kept.has(key))
      throw new PatchError('invalid patch format of retainKeys');
  }
  for (const key of Object.keys(target)) if (!kept.has(key)) delete target[key];
}

function mergeField(result: JsonObject, patch: JsonObject, key: string, node: SchemaNode): void {
  const change = Object.hasOwn(patch, key) ? patch[key] : undefined;
  const order = listDirective(patch, ORDER + key, 'invalid patch format of setElementOrder list');
  const removals = listDirective(patch, DELETE + key, 'invalid patch format of primitive list');
  if (change === null) {
    delete result[key];
    return;
  }
  const before = Object.hasOwn(result, key) ? result[key] : undefined;
  const merged = mergeValue(before, change, node, order, removals);
  if (merged === undefined) return;
  Object.defineProperty(result, key, { value: merged, writable: true, enumerable: true, configurable: true });
}

function listDirective(patch: JsonObject, key: string, problem: string): Json[] | undefined {
  const value = patch[key];
  if (value === undefined || Array.isArray(value)) return value;
  throw new PatchError(problem);
}

function mergeValue(
  before: Json | undefined,
  change: Json | undefined,
  node: SchemaNode,
  order: readonly Json[] | undefined,
  removals: readonly Json[] | undefined,
): Json | undefined {
  const facts = listFacts(node);
  if (order !== undefined || removals !== undefined) {
    const list = Array.isArray(before) ? before : [];
    if (change !== undefined && !Array.isArray(change)) return withoutNulls(change);
    if (before === undefined && change === undefined) return undefined;
    const removed = new Set(removals);
    const left = list.filter((item) => !removed.has(item));
    return mergeList(left, change ?? [], facts, order, list);
  }
  if (change === undefined) return undefined;
  if (isJsonObject(change)) {
    const replaces = (node['x-kubernetes-patch-strategy'] ?? '').split(',').includes('replace');
    return strategicMerge(isJsonObject(before) && !replaces ? before : undefined, change, node);
  }
  if (!Array.isArray(change)) return change;
  return facts.merges ? mergeList(Array.isArray(before) ? before : [], change, facts) : change.map(withoutNulls);
}

function listFacts(node: SchemaNode): ListFacts {
  return {
    merges: (node['x-kubernetes-patch-strategy'] ?? '').split(',').includes('merge'),
    key: node['x-kubernetes-patch-merge-key'],
    keys: node['x-kubernetes-list-map-keys'] ?? [],
    items: resolve(node).items ?? {},
  };
}

/** Merges two lists, then orders them: as the directive says, else as the patch does, live elements where they stood. */
function mergeList(
  before: readonly Json[],
  change: readonly Json[],
  facts: ListFacts,
  order?: readonly Json[],
  live: readonly Json[] = before,
): Json[] {
  if (![...before, ...change, ...(order ?? [])].some(isJsonObject)) {
    const merged = [...new Set([...before, ...change])];
    return inOrder(merged, order ?? change, live, (item) => item);
  }
  const { key } = facts;
  if (key === undefined) throw new PatchError('cannot merge lists without merge key');
  const identity = (item: Json): Json | undefined => (isJsonObject(item) ? item[key] : undefined);
  const { kept, elements, replaced } = specialElements(before, change, key);
  if (replaced) {
    // As they are, also two of one key: a node has an InternalIP of each family.
    const values = elements.map((element) => strategicMerge(undefined, element, facts.items));
    return order === undefined ? values : inOrder(values, order, live, identity);
  }
  const merged = [...kept];
  // A list may be as long as a request: it is not searched for each element anew.
  const places = Map.groupBy(merged.keys(), (index) => identity(merged[index]!));
  for (const element of elements) {
    const index = findElement(merged, places.get(element[key]) ?? [], element, facts.keys);
    const found = index === undefined ? undefined : merged[index];
    const value = strategicMerge(isJsonObject(found) ? found : undefined, element, facts.items);
    if (index !== undefined) merged[index] = value;
    else places.set(element[key], [merged.push(value) - 1]);
  }
  return inOrder(merged, order ?? elements, live, identity);
}

/** Takes out the elements that carry a directive, and obeys them. */
function specialElements(
  before: readonly Json[],
  change: readonly Json[],
  key: string,
): { kept: Json[]; elements: JsonObject[]; replaced: boolean } {
  const deleted = new Set<Json | undefined>();
  let replaced = false;
  const elements: JsonObject[] = [];
  for (const element of change) {
    if (!isJsonObject(element))
      throw new PatchError(`invalid element of a list of objects: ${JSON.stringify(element)}`);
    const directive = element[DIRECTIVE];
    if (directive === 'replace') replaced = true;
    else if (directive !== undefined && directive !== 'delete') {
      throw new PatchError(`unknown patch type: ${JSON.stringify(directive)} in map: ${JSON.stringify(element)}`);
    } else if (element[key] === undefined) {
      throw new PatchError(`map: ${JSON.stringify(element)} does not contain declared merge key: ${key}`);
    } else if (directive === 'delete') deleted.add(element[key]);
    else elements.push(element);
  }
  return { kept: before.filter((item) => !isJsonObject(item) || !deleted.has(item[key])), elements, replaced };
}

/**
 * The element a patch element is for, among the `candidates` that share its merge key; where that is not unique (53/TCP and
 * 53/UDP share their port), the one that agrees in the other keys too.
 */
function findElement(
  list: readonly Json[],
  candidates: readonly number[],
  element: JsonObject,
  keys: readonly string[],
): number | undefined {
  const exact = candidates.find((index) =>
    keys.every((name) => element[name] === undefined || (list[index] as JsonObject)[name] === element[name]),
  );
  return exact ?? candidates[0];
}

/** The patch itself as a value: what `$patch: replace` puts in place. */
function withoutDirectives(patch: JsonObject): JsonObject {
  const entries = Object.entries(patch).filter(([key, value]) => key !== DIRECTIVE && value !== null);
  return Object.fromEntries(entries.map(([key, value]) => [key, withoutNulls(value)]));
}

/** Nulls inside new values remove nothing; they are absent. */
function withoutNulls(value: Json): Json {
  if (Array.isArray(value)) return value.map(withoutNulls);
  return isJsonObject(value) ? withoutDirectives(value) : value;
}
