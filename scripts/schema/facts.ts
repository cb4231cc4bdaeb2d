/**
 * The fact table: what Kubernetes' published document says of the API's types and the client library does not. How it is
 * found, and how it is laid over what the library says. Pure.
 */
import type { SchemaNode } from '../../src/api/schema/definitions.ts';

/** Texts by field, the definition's own under the empty name. */
export type Texts = Readonly<Record<string, string>>;

export interface DefinitionFacts {
  /** Merge keys, list types, defaults, kinds; types where the library has none of its own (a quantity is a string there). */
  readonly schema?: SchemaNode;
  /** Descriptions that the library has lost: of fields that refer to another type, and line breaks. */
  readonly texts?: Texts;
}

export type Facts = Readonly<Record<string, DefinitionFacts>>;

const ORDER: readonly (keyof SchemaNode)[] = [
  ...(['$ref', 'type', 'format', 'default', 'required', 'x-kubernetes-group-version-kind'] as const),
  ...(['x-kubernetes-list-type', 'x-kubernetes-list-map-keys', 'x-kubernetes-map-type'] as const),
  ...(['x-kubernetes-patch-strategy', 'x-kubernetes-patch-merge-key'] as const),
  ...(['items', 'additionalProperties', 'properties'] as const),
];

/** What must be laid over `known` to get `published`; undefined when nothing. Throws for what `known` alone has. */
export function factsBeyond(known: SchemaNode, published: SchemaNode, at: string): SchemaNode | undefined {
  // The library's own type of it (a string) is less than the one that is published (a quantity).
  if (published.$ref !== undefined && known.$ref !== published.$ref) return published;
  const facts: Record<string, unknown> = {};
  for (const key of new Set([...keysOf(known), ...keysOf(published)])) {
    const [ours, theirs] = [known[key], published[key]];
    if (theirs === undefined)
      throw new Error(`${at}: the library has ${key} ${JSON.stringify(ours)}, which is not published`);
    const beyond = isNested(key)
      ? nestedFacts(key, ours as SchemaNode | undefined, theirs as SchemaNode, at)
      : JSON.stringify(ours) === JSON.stringify(theirs)
        ? undefined
        : theirs;
    if (beyond !== undefined) facts[key] = beyond;
  }
  return Object.keys(facts).length === 0 ? undefined : (facts as SchemaNode);
}

function nestedFacts(key: 'items' | 'additionalProperties' | 'properties', ours: unknown, theirs: unknown, at: string) {
  if (key !== 'properties') return factsBeyond((ours ?? {}) as SchemaNode, theirs as SchemaNode, `${at}.${key}`);
  const [known, published] = [(ours ?? {}) as Properties, theirs as Properties];
  const extra = Object.keys(known).find((name) => published[name] === undefined);
  if (extra !== undefined) throw new Error(`${at}: the library has a field ${extra}, which is not published`);
  const lost = Object.keys(published).find((name) => known[name] === undefined);
  if (lost !== undefined) throw new Error(`${at}: the library has no field ${lost}`);
  const facts = Object.entries(published).flatMap(([name, node]) => {
    const beyond = factsBeyond(known[name]!, node, `${at}.${name}`);
    return beyond === undefined ? [] : [[name, beyond] as const];
  });
  return facts.length === 0 ? undefined : Object.fromEntries(facts);
}

type Properties = Readonly<Record<string, SchemaNode>>;

/** What the library knows, with the facts laid over it; keys in the order of the generated file. */
export function withFacts(known: SchemaNode, facts: SchemaNode | undefined): SchemaNode {
  if (facts?.$ref !== undefined) return facts;
  const merged: SchemaNode = { ...known, ...facts };
  const entries = keysOf(merged).map((key) => {
    if (!isNested(key)) return [key, merged[key]] as const;
    const [ours, theirs] = [known[key], facts?.[key]];
    if (key !== 'properties') return [key, withFacts((ours ?? {}) as SchemaNode, theirs as SchemaNode)] as const;
    const properties = Object.entries((ours ?? theirs) as Properties).map(
      ([name, node]) => [name, withFacts(node, (theirs as Properties | undefined)?.[name])] as const,
    );
    return [key, Object.fromEntries(properties)] as const;
  });
  return Object.fromEntries(entries) as SchemaNode;
}

/** The keys a node has, in order. */
function keysOf(node: SchemaNode): (keyof SchemaNode)[] {
  return ORDER.filter((key) => node[key] !== undefined);
}

function isNested(key: keyof SchemaNode): key is 'items' | 'additionalProperties' | 'properties' {
  return key === 'items' || key === 'additionalProperties' || key === 'properties';
}

/** One definition a line, in order of names: a change upstream is a readable diff. */
export function renderTable(table: Readonly<Record<string, object>>): string {
  const entries = Object.entries(table).sort(([one], [other]) => (one < other ? -1 : 1));
  return `{\n${entries.map(([name, value]) => `${JSON.stringify(name)}:${JSON.stringify(value)}`).join(',\n')}\n}\n`;
}
