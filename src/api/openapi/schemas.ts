/** The generated definitions as the schemas of an OpenAPI document, version 3 or 2, with their descriptions. */
import { type Descriptions, definitionOf, type SchemaNode } from '../schema/definitions.ts';

export type OpenApiVersion = 2 | 3;

type Schema = Record<string, unknown>;

const PREFIX: Readonly<Record<OpenApiVersion, string>> = { 2: '#/definitions/', 3: '#/components/schemas/' };

/** A reference to a definition. */
export function reference(version: OpenApiVersion, name: string): Schema {
  return { $ref: PREFIX[version] + name };
}

/** The definitions named and all they refer to, by name. */
export function schemasFor(version: OpenApiVersion, roots: Iterable<string>, descriptions: Descriptions): Schema {
  const schemas: Schema = {};
  const open = [...roots];
  for (let name = open.pop(); name !== undefined; name = open.pop()) {
    if (Object.hasOwn(schemas, name)) continue;
    const node = definitionOf(name);
    schemas[name] = definition(version, node, descriptions[name] ?? {});
    open.push(...referencesOf(node));
  }
  return Object.fromEntries(Object.entries(schemas).sort(([a], [b]) => (a < b ? -1 : 1)));
}

function referencesOf(node: SchemaNode): string[] {
  const nested = [...Object.values(node.properties ?? {}), node.items, node.additionalProperties];
  return [
    ...(node.$ref === undefined ? [] : [node.$ref]),
    ...nested.flatMap((child) => (child === undefined ? [] : referencesOf(child))),
  ];
}

function definition(version: OpenApiVersion, node: SchemaNode, descriptions: Readonly<Record<string, string>>): Schema {
  const schema = schemaOf(version, node);
  if (node.properties !== undefined) {
    schema.properties = Object.fromEntries(
      Object.entries(node.properties).map(([name, property]) => [
        name,
        described(version, schemaOf(version, property), descriptions[name]),
      ]),
    );
  }
  return described(version, schema, descriptions['']);
}

/** What stands beside a bare `$ref` is ignored in version 3; there the reference is wrapped, as Kubernetes does. */
function described(version: OpenApiVersion, schema: Schema, description: string | undefined): Schema {
  if (version === 3 && schema.$ref !== undefined) {
    const { $ref, ...facts } = schema;
    return { ...(description === undefined ? {} : { description }), ...facts, allOf: [{ $ref }] };
  }
  return description === undefined ? schema : { description, ...schema };
}

function schemaOf(version: OpenApiVersion, node: SchemaNode): Schema {
  if (node.$ref !== undefined) return { ...node, ...reference(version, node.$ref) };
  const { properties: _properties, items, additionalProperties, ...rest } = node;
  const schema: Schema = { ...rest, ...typeOf(version, node) };
  if (version === 3 && node.format === 'quantity') delete schema.type;
  if (version === 3 && node.format === 'int-or-string') delete schema.type;
  if (node.format === 'quantity') delete schema.format;
  if (items !== undefined) schema.items = described(version, schemaOf(version, items), undefined);
  if (additionalProperties !== undefined) {
    schema.additionalProperties = described(version, schemaOf(version, additionalProperties), undefined);
  }
  return schema;
}

/** Values that are written as strings or as numbers; version 2 had no way to say so. */
function typeOf(version: OpenApiVersion, { format }: SchemaNode): Schema {
  if (version === 2) return {};
  if (format === 'quantity') return { oneOf: [{ type: 'string' }, { type: 'number' }] };
  if (format === 'int-or-string') return { oneOf: [{ type: 'integer' }, { type: 'string' }] };
  return {};
}
