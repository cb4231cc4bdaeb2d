/**
 * The definitions of the API's types, as scripts/generate-schema.ts makes them from the client library and the fact table.
 * Knows their form and how to look one up; decoding, patching and the OpenAPI document are driven by it. Descriptions (three
 * times as large) are read on demand, so that the daemon starts without them.
 */
import schema from './schema.generated.json' with { type: 'json' };

export interface SchemaNode {
  /** Name of another definition: `io.k8s.api.core.v1.ServiceSpec`. */
  readonly $ref?: string;
  readonly type?: 'string' | 'integer' | 'number' | 'boolean' | 'object' | 'array';
  /** `int32`, `int64`, `double`, `byte`, `date-time`, `int-or-string`, `quantity`. */
  readonly format?: string;
  readonly default?: unknown;
  readonly required?: readonly string[];
  readonly properties?: Readonly<Record<string, SchemaNode>>;
  readonly items?: SchemaNode;
  readonly additionalProperties?: SchemaNode;
  readonly 'x-kubernetes-group-version-kind'?: readonly { group: string; version: string; kind: string }[];
  readonly 'x-kubernetes-list-type'?: 'atomic' | 'set' | 'map';
  readonly 'x-kubernetes-list-map-keys'?: readonly string[];
  readonly 'x-kubernetes-map-type'?: 'atomic' | 'granular';
  /** `merge`, `retainKeys`, `merge,retainKeys` or `replace`. */
  readonly 'x-kubernetes-patch-strategy'?: string;
  readonly 'x-kubernetes-patch-merge-key'?: string;
}

/** All definitions by name. References name their target without any prefix. */
export const DEFINITIONS = schema as unknown as Readonly<Record<string, SchemaNode>>;

/** The definition with this name. Throws on a name the generator did not keep: a mistake of the program, not of a user. */
export function definitionOf(name: string): SchemaNode {
  const found = DEFINITIONS[name];
  if (found === undefined) throw new Error(`no schema definition ${name}; add it to src/api/schema/roots.ts`);
  return found;
}

/** Follows a reference; other nodes are their own target. */
export function resolve(node: SchemaNode): SchemaNode {
  return node.$ref === undefined ? node : definitionOf(node.$ref);
}

export type Descriptions = Readonly<Record<string, Readonly<Record<string, string>>>>;

/** Descriptions by definition, then by property; the definition's own is under the empty name. */
export async function loadDescriptions(): Promise<Descriptions> {
  const module = await import('./descriptions.generated.json', { with: { type: 'json' } });
  return module.default as unknown as Descriptions;
}
