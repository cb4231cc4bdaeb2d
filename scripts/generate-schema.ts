/**
 * Writes src/api/schema/{schema,descriptions}.generated.json from Kubernetes' published API definitions.
 *
 *   node scripts/generate-schema.ts DEFINITIONS.json
 *
 * DEFINITIONS.json is a JSON document with `definitions` (or `$defs`) in OpenAPI form: `api/openapi-spec/swagger.json` of a
 * Kubernetes release, or the `_definitions.json` that JSON-schema packages publish from it. Only what is reachable from
 * `SCHEMA_ROOTS` is kept: types, formats, required, the x-kubernetes facts, and, in a file of their own, descriptions.
 * A list without a declared strategy is reported: a strategic merge replaces it as a whole.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { SCHEMA_ROOTS } from '../src/api/schema/roots.ts';

interface Published {
  $ref?: string;
  type?: string | string[];
  oneOf?: unknown;
  description?: string;
  format?: string;
  default?: unknown;
  required?: string[];
  properties?: Record<string, Published>;
  items?: Published;
  additionalProperties?: Published | boolean;
  [extension: `x-kubernetes-${string}`]: unknown;
}

const FACTS = [
  'x-kubernetes-group-version-kind',
  'x-kubernetes-list-type',
  'x-kubernetes-list-map-keys',
  'x-kubernetes-map-type',
  'x-kubernetes-patch-strategy',
  'x-kubernetes-patch-merge-key',
] as const;

/** Definitions whose published form differs from one generator to the next; their JSON form is fixed. */
const FIXED: Readonly<Record<string, object>> = {
  'io.k8s.apimachinery.pkg.util.intstr.IntOrString': { type: 'string', format: 'int-or-string' },
  'io.k8s.apimachinery.pkg.api.resource.Quantity': { type: 'string', format: 'quantity' },
};

const [path] = process.argv.slice(2);
if (path === undefined) {
  process.stderr.write('usage: node scripts/generate-schema.ts DEFINITIONS.json\n');
  process.exit(2);
}
const document = JSON.parse(readFileSync(path, 'utf8')) as Record<string, Record<string, Published>>;
const published = document.definitions ?? document.$defs;
if (published === undefined) throw new Error(`${path} has neither "definitions" nor "$defs"`);

const schema: Record<string, object> = {};
const descriptions: Record<string, Record<string, string>> = {};
const undeclared: string[] = [];

/** `#/definitions/NAME` → NAME, queued. */
function refer(ref: string, queue: string[]): string {
  const name = ref.slice(ref.lastIndexOf('/') + 1);
  queue.push(name);
  return name;
}

/** One node without descriptions, nulls and enums of the type's own kind. */
function compact(node: Published, queue: string[]): Record<string, unknown> {
  const out: Record<string, unknown> = {};
  if (node.$ref !== undefined) out.$ref = refer(node.$ref, queue);
  const type = Array.isArray(node.type) ? node.type.find((name) => name !== 'null') : node.type;
  if (type !== undefined && out.$ref === undefined) out.type = type;
  if (node.format !== undefined) out.format = node.format;
  if (node.default !== undefined) out.default = node.default;
  if (node.required !== undefined) out.required = node.required;
  for (const fact of FACTS) if (node[fact] !== undefined) out[fact] = node[fact];
  if (node.items !== undefined) out.items = compact(node.items, queue);
  if (typeof node.additionalProperties === 'object')
    out.additionalProperties = compact(node.additionalProperties, queue);
  if (node.properties !== undefined) {
    out.properties = Object.fromEntries(
      Object.entries(node.properties).map(([name, property]) => [name, compact(property, queue)]),
    );
  }
  return out;
}

const queue = [...SCHEMA_ROOTS];
for (let name = queue.pop(); name !== undefined; name = queue.pop()) {
  if (schema[name] !== undefined) continue;
  const definition = published[name];
  if (definition === undefined) throw new Error(`${path} does not define ${name}`);
  schema[name] = FIXED[name] ?? compact(definition, queue);
  const texts: Record<string, string> = {};
  if (definition.description !== undefined) texts[''] = definition.description;
  for (const [field, property] of Object.entries(definition.properties ?? {})) {
    if (property.description !== undefined) texts[field] = property.description;
    const strategy = property['x-kubernetes-patch-strategy'] ?? property['x-kubernetes-list-type'];
    const isListKind = field === 'items' && name.endsWith('List');
    if (property.items !== undefined && strategy === undefined && !isListKind) undeclared.push(`${name}.${field}`);
  }
  descriptions[name] = texts;
}

/** One definition a line: a change upstream is a readable diff. */
function lines(map: Record<string, object>): string {
  const entries = Object.entries(map).sort(([a], [b]) => (a < b ? -1 : 1));
  return `{\n${entries.map(([name, value]) => `${JSON.stringify(name)}:${JSON.stringify(value)}`).join(',\n')}\n}\n`;
}

const target = new URL('../src/api/schema/', import.meta.url);
writeFileSync(new URL('schema.generated.json', target), lines(schema));
writeFileSync(new URL('descriptions.generated.json', target), lines(descriptions));
process.stdout.write(`${Object.keys(schema).length} definitions\n`);
if (undeclared.length > 0)
  process.stdout.write(
    `lists without a declared strategy (replaced as a whole):\n  ${undeclared.sort().join('\n  ')}\n`,
  );
