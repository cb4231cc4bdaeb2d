/**
 * What field tracking knows of a type: which values are owned as a whole and which member by member. Compiled once per
 * definition from the generated schema facts (list type, map keys, map type), so that the write path looks nothing up twice.
 */
import { definitionOf, type SchemaNode } from '../schema/definitions.ts';
import { structName } from '../schema/go-types.ts';

export type FieldType = ScalarType | StructType | MapType | ListType;

export interface ScalarType {
  readonly kind: 'scalar';
  readonly accepts: 'string' | 'number' | 'boolean' | 'any scalar';
}

export interface StructField {
  /** How the field is written in FieldsV1: `f:spec`. */
  readonly element: string;
  readonly type: FieldType;
  /** What an object that does not mention the field says: `{}` for structs Go holds by value, null for required lists. */
  readonly empty: unknown;
}

export interface StructType {
  readonly kind: 'struct';
  readonly atomic: boolean;
  readonly fields: ReadonlyMap<string, StructField>;
  /** Fields with an `empty` value: Go always has them. */
  readonly implied: readonly string[];
}

export interface MapType {
  readonly kind: 'map';
  readonly atomic: boolean;
  readonly values: FieldType;
}

export interface ListType {
  readonly kind: 'list';
  readonly atomic: boolean;
  readonly items: FieldType;
  /** Sorted by name; none in a set of scalars. */
  readonly keys: readonly ListKey[];
}

export interface ListKey {
  readonly name: string;
  /** What an element that leaves the key out means. */
  readonly default?: string;
}

const ANY: ScalarType = { kind: 'scalar', accepts: 'any scalar' };

/** The published document declares no defaults; these two are all there are among list keys (k8s.io/api, `+default`). */
const KEY_DEFAULTS: Readonly<Record<string, string>> = {
  'ContainerPort.protocol': 'TCP',
  'ServicePort.protocol': 'TCP',
};

/**
 * Optional fields that are structs held by value in Go, so that their presence is nobody's doing. Those of the objects
 * themselves (metadata, spec, status) are known by name. Source: the type declarations of k8s.io/api.
 */
const HELD_BY_VALUE: ReadonlySet<string> = new Set([
  'PodTemplateSpec.metadata',
  'PodTemplateSpec.spec',
  'DeploymentSpec.strategy',
  'StatefulSetSpec.updateStrategy',
  'DaemonSetSpec.updateStrategy',
  'Container.resources',
  'EphemeralContainer.resources',
  'ContainerStatus.state',
  'ContainerStatus.lastState',
  'ServiceStatus.loadBalancer',
  'IngressStatus.loadBalancer',
  'NodeStatus.nodeInfo',
  'NodeStatus.daemonEndpoints',
  'NodeDaemonEndpoints.kubeletEndpoint',
  'NetworkPolicySpec.podSelector',
  'Event.source',
  'Event.regarding',
  'Event.deprecatedSource',
]);
const OF_OBJECTS: ReadonlySet<string> = new Set(['metadata', 'spec', 'status']);

/** Not tracked: claims about claims. */
const UNTRACKED: ReadonlySet<string> = new Set(['ObjectMeta.managedFields']);

const compiled = new Map<string, FieldType>();

/** The type of a definition: `io.k8s.api.core.v1.Service`. */
export function fieldTypeOf(definition: string): FieldType {
  const known = compiled.get(definition);
  if (known !== undefined) return known;
  const node = definitionOf(definition);
  if (node.properties === undefined) {
    const type = inlineType(node);
    compiled.set(definition, type);
    return type;
  }
  const fields = new Map<string, StructField>();
  const implied: string[] = [];
  const type: StructType = { kind: 'struct', atomic: node['x-kubernetes-map-type'] === 'atomic', fields, implied };
  // Known before its fields are: a definition may refer to itself.
  compiled.set(definition, type);
  const struct = structName(definition);
  for (const [name, property] of Object.entries(node.properties)) {
    if (UNTRACKED.has(`${struct}.${name}`)) continue;
    const field = inlineType(property);
    const empty = emptyValue(node, struct, name, field);
    fields.set(name, { element: `f:${name}`, type: field, empty });
    if (empty !== undefined) implied.push(name);
  }
  return type;
}

function inlineType(node: SchemaNode): FieldType {
  if (node.$ref !== undefined) return fieldTypeOf(node.$ref);
  if (node.type === 'array') return listType(node);
  if (node.type === 'object') {
    // An object of unknown members (FieldsV1) is taken as one value.
    if (node.additionalProperties === undefined) return { kind: 'map', atomic: true, values: ANY };
    const atomic = node['x-kubernetes-map-type'] === 'atomic';
    return { kind: 'map', atomic, values: inlineType(node.additionalProperties) };
  }
  if (node.format === 'int-or-string' || node.format === 'quantity') return ANY;
  if (node.type === 'string' || node.type === 'boolean') return { kind: 'scalar', accepts: node.type };
  return node.type === 'integer' || node.type === 'number' ? { kind: 'scalar', accepts: 'number' } : ANY;
}

function listType(node: SchemaNode): ListType {
  const relation = node['x-kubernetes-list-type'] ?? 'atomic';
  const element = node.items?.$ref === undefined ? '' : structName(node.items.$ref);
  const names = relation === 'map' ? (node['x-kubernetes-list-map-keys'] ?? []) : [];
  const keys = [...names].sort().map((name): ListKey => {
    const preset = KEY_DEFAULTS[`${element}.${name}`];
    return preset === undefined ? { name } : { name, default: preset };
  });
  return { kind: 'list', atomic: relation === 'atomic', items: inlineType(node.items ?? {}), keys };
}

const NO_MEMBERS = Object.freeze({});

/** Go leaves out what is `omitempty` and empty; a struct held by value and a required field are always there. */
function emptyValue(parent: SchemaNode, struct: string, name: string, type: FieldType): unknown {
  if (type.kind === 'scalar') return undefined;
  const isObject = parent['x-kubernetes-group-version-kind'] !== undefined && OF_OBJECTS.has(name);
  const required = parent.required?.includes(name) === true;
  if (type.kind === 'struct' && (isObject || required || HELD_BY_VALUE.has(`${struct}.${name}`))) return NO_MEMBERS;
  return required ? null : undefined;
}
