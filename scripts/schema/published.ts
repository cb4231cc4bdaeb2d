/**
 * Kubernetes' published definitions, cut down to what the schema keeps. A document has `definitions` (or `$defs`) in OpenAPI form:
 * `api/openapi-spec/swagger.json` of a Kubernetes release, or the `_definitions.json` that JSON-schema packages make from it.
 */
import { readFileSync } from 'node:fs';
import type { SchemaNode } from '../../src/api/schema/definitions.ts';
import type { Texts } from './facts.ts';

interface Published {
  $ref?: string;
  type?: string | string[];
  description?: string;
  format?: string;
  default?: unknown;
  required?: string[];
  properties?: Record<string, Published>;
  items?: Published;
  additionalProperties?: Published | boolean;
  [extension: `x-kubernetes-${string}`]: unknown;
}

const EXTENSIONS = [
  'x-kubernetes-group-version-kind',
  'x-kubernetes-list-type',
  'x-kubernetes-list-map-keys',
  'x-kubernetes-map-type',
  'x-kubernetes-patch-strategy',
  'x-kubernetes-patch-merge-key',
] as const;

/** Definitions whose published form differs from one generator to the next; their JSON form is fixed. */
const FIXED: Readonly<Record<string, SchemaNode>> = {
  'io.k8s.apimachinery.pkg.util.intstr.IntOrString': { type: 'string', format: 'int-or-string' },
  'io.k8s.apimachinery.pkg.api.resource.Quantity': { type: 'string', format: 'quantity' },
};

export interface PublishedDefinition {
  readonly schema: SchemaNode;
  readonly texts: Texts;
}

/** The definitions reachable from `roots`. */
export function publishedDefinitions(path: string, roots: readonly string[]): ReadonlyMap<string, PublishedDefinition> {
  const document = JSON.parse(readFileSync(path, 'utf8')) as Record<string, Record<string, Published>>;
  const published = document.definitions ?? document.$defs;
  if (published === undefined) throw new Error(`${path} has neither "definitions" nor "$defs"`);
  const kept = new Map<string, PublishedDefinition>();
  const queue = [...roots];
  for (let name = queue.pop(); name !== undefined; name = queue.pop()) {
    if (kept.has(name)) continue;
    const definition = published[name];
    if (definition === undefined) throw new Error(`${path} does not define ${name}`);
    const texts = [['', definition] as const, ...Object.entries(definition.properties ?? {})];
    kept.set(name, {
      schema: FIXED[name] ?? compact(definition, queue),
      texts: Object.fromEntries(
        texts.flatMap(([field, { description }]) => (description ? [[field, description]] : [])),
      ),
    });
  }
  return kept;
}

/** One node without descriptions, nulls and enums of the type's own kind. What it refers to is queued. */
function compact(node: Published, queue: string[]): SchemaNode {
  const out: Record<string, unknown> = {};
  if (node.$ref !== undefined) {
    // `#/definitions/NAME`
    const name = node.$ref.slice(node.$ref.lastIndexOf('/') + 1);
    queue.push(name);
    out.$ref = name;
  }
  const type = Array.isArray(node.type) ? node.type.find((name) => name !== 'null') : node.type;
  if (type !== undefined && out.$ref === undefined) out.type = type;
  for (const key of ['format', 'default', 'required', ...EXTENSIONS] as const) {
    if (node[key] !== undefined) out[key] = node[key];
  }
  if (node.items !== undefined) out.items = compact(node.items, queue);
  if (typeof node.additionalProperties === 'object')
    out.additionalProperties = compact(node.additionalProperties, queue);
  if (node.properties !== undefined) {
    const properties = Object.entries(node.properties).map(([name, property]) => [name, compact(property, queue)]);
    out.properties = Object.fromEntries(properties);
  }
  return out as SchemaNode;
}
