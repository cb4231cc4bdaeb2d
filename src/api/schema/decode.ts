/**
 * Turns a client's JSON into an object of a definition, the way Kubernetes' Go decoder does: unknown fields are dropped and
 * reported, nulls are absent fields, a value of the wrong type refuses the whole object in the decoder's own words.
 * Knows schemas only; what is required or sensible is validation's matter.
 */

import { canonicalQuantity } from '../../objects/quantity.ts';
import { definitionOf, resolve, type SchemaNode } from './definitions.ts';
import { goType, structName } from './go-types.ts';

/** A value no field of this type can hold. The message is what follows `cannot be handled as a KIND: `. */
export class DecodeError extends Error {
  override readonly name = 'DecodeError';
}

/** Where the decoder stands: the path in JSON for strict errors, the path in Go's structs for type errors. */
interface Place {
  readonly path: string;
  readonly struct: string;
  readonly fields: string;
  readonly field: string;
}

const INT_RANGE: Readonly<Record<string, number>> = { int32: 2 ** 31, int64: 2 ** 63 };

/** Go's parser: date, `T`, time, an optional fraction, and a zone. */
const RFC3339 = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(\.\d+)?(Z|[+-]\d{2}:\d{2})$/;
const BASE64 = /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/;

/**
 * Fields whose empty string says something else than an absent one (pointers to strings in Go). In all others the two are
 * the same and the empty one is not kept.
 */
const MEANT_EMPTY: ReadonlySet<string> = new Set([
  'EndpointPort.name',
  'EndpointPort.appProtocol',
  'ServicePort.appProtocol',
  'PersistentVolumeClaimSpec.storageClassName',
  'IngressSpec.ingressClassName',
]);

/**
 * Decodes in place. Answers the strict problems (`unknown field "spec.selectr"`), in document order; throws a `DecodeError`
 * for a wrong type. `value` must be a JSON object.
 */
export function decode(schema: string, value: Record<string, unknown>): string[] {
  const problems: string[] = [];
  decodeStruct(definitionOf(schema), value, { path: '', struct: structName(schema), fields: '', field: '' }, problems);
  return problems;
}

/** `strict decoding error: unknown field "spec.selectr", unknown field "spec.prots"`. */
export function strictDecodingError(problems: readonly string[]): string {
  return `strict decoding error: ${problems.join(', ')}`;
}

/** The sentence an undecodable body is refused with (400). `version` without group: `v1` also for apps/v1. */
export function cannotBeHandled(kind: string, version: string, problem: string): string {
  return `${kind} in version "${version}" cannot be handled as a ${kind}: ${problem}`;
}

function mismatch(found: string, place: Place, type: string): DecodeError {
  const into = place.fields === '' ? 'Go value' : `Go struct field ${place.struct}.${place.fields}`;
  return new DecodeError(`json: cannot unmarshal ${found} into ${into} of type ${type}`);
}

function kindOf(value: unknown): string {
  if (Array.isArray(value)) return 'array';
  return typeof value === 'boolean' ? 'bool' : typeof value;
}

/** Decodes one value; answers what to keep, undefined to drop the field. */
function decodeValue(node: SchemaNode, value: unknown, place: Place, problems: string[]): unknown {
  const target = resolve(node);
  const type = (): string => goType(node, place.struct, place.field);
  if (target.properties !== undefined) {
    if (!isObject(value)) throw mismatch(kindOf(value), place, type());
    decodeStruct(target, value, { ...place, struct: structName(node.$ref ?? place.struct) }, problems);
    return value;
  }
  switch (target.type) {
    case 'array':
      if (!Array.isArray(value)) throw mismatch(kindOf(value), place, type());
      return decodeList(target.items ?? {}, value, place, problems);
    case 'object':
      if (!isObject(value)) throw mismatch(kindOf(value), place, type());
      return target.additionalProperties === undefined
        ? value
        : decodeMap(target.additionalProperties, value, place, problems);
    case 'string':
      return decodeString(target, value, place, type);
    case 'integer':
    case 'number':
      return decodeNumber(target, value, place, type);
    case 'boolean':
      if (typeof value !== 'boolean') throw mismatch(kindOf(value), place, type());
      return value;
    default:
      return value;
  }
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function decodeStruct(node: SchemaNode, value: Record<string, unknown>, place: Place, problems: string[]): void {
  const properties = node.properties ?? {};
  for (const name of Object.keys(value)) {
    const path = place.path === '' ? name : `${place.path}.${name}`;
    const property = Object.hasOwn(properties, name) ? properties[name] : undefined;
    if (property === undefined) {
      problems.push(`unknown field "${path}"`);
      delete value[name];
      continue;
    }
    const fields = place.fields === '' ? name : `${place.fields}.${name}`;
    const at = { path, struct: place.struct, fields, field: name };
    const kept = value[name] === null ? undefined : decodeValue(property, value[name], at, problems);
    if (kept === undefined || (isEmpty(property, kept, at) && !node.required?.includes(name))) delete value[name];
    else value[name] = kept;
  }
}

/** True for what Go's `omitempty` leaves out: an empty list, map or string (a struct stays). */
function isEmpty(node: SchemaNode, value: unknown, place: Place): boolean {
  if (value === '') return !MEANT_EMPTY.has(`${place.struct}.${place.field}`);
  if (Array.isArray(value)) return value.length === 0;
  return node.additionalProperties !== undefined && Object.keys(value as object).length === 0;
}

function decodeList(items: SchemaNode, list: unknown[], place: Place, problems: string[]): unknown[] {
  list.forEach((item, index) => {
    const at = { ...place, path: `${place.path}[${index}]` };
    list[index] = item === null ? zero(items) : (decodeValue(items, item, at, problems) ?? zero(items));
  });
  return list;
}

function decodeMap(
  values: SchemaNode,
  map: Record<string, unknown>,
  place: Place,
  problems: string[],
): Record<string, unknown> {
  for (const key of Object.keys(map)) {
    const at = { ...place, path: `${place.path}.${key}` };
    map[key] = map[key] === null ? zero(values) : decodeValue(values, map[key], at, problems);
  }
  return map;
}

/** What Go makes of `null` inside a list or map. */
function zero(node: SchemaNode): unknown {
  const target = resolve(node);
  if (target.type === 'string') return target.format === 'quantity' ? '0' : '';
  if (target.type === 'integer' || target.type === 'number') return 0;
  if (target.type === 'boolean') return false;
  return target.type === 'array' ? [] : {};
}

function decodeNumber(node: SchemaNode, value: unknown, place: Place, type: () => string): number {
  if (typeof value !== 'number') throw mismatch(kindOf(value), place, type());
  const limit = node.type === 'integer' ? (INT_RANGE[node.format ?? 'int64'] ?? 2 ** 63) : Number.POSITIVE_INFINITY;
  if ((node.type === 'integer' && !Number.isInteger(value)) || value < -limit || value >= limit) {
    throw mismatch(`number ${value}`, place, type());
  }
  return value;
}

function decodeString(node: SchemaNode, value: unknown, place: Place, type: () => string): unknown {
  if (node.format === 'int-or-string') {
    return typeof value === 'string' ? value : decodeNumber({ type: 'integer', format: 'int32' }, value, place, type);
  }
  if (node.format === 'quantity') {
    const quantity = typeof value === 'string' || typeof value === 'number' ? canonicalQuantity(value) : undefined;
    if (quantity !== undefined) return quantity;
    throw new DecodeError(
      "quantities must match the regular expression '^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'",
    );
  }
  if (typeof value !== 'string') {
    throw mismatch(kindOf(value), place, node.format === 'date-time' ? 'string' : type());
  }
  if (node.format === 'date-time' && !RFC3339.test(value)) {
    const rest = /^\d{4}/.test(value) ? value.slice(4) : value;
    const wanted = rest === value ? '2006' : '-';
    throw new DecodeError(
      `parsing time ${JSON.stringify(value)} as "2006-01-02T15:04:05Z07:00": cannot parse ${JSON.stringify(rest)} as "${wanted}"`,
    );
  }
  if (node.format === 'byte' && !BASE64.test(value.replace(/[\r\n]/g, ''))) {
    const bad = value.search(/[^A-Za-z0-9+/=\r\n]/);
    throw new DecodeError(`illegal base64 data at input byte ${bad < 0 ? value.length - (value.length % 4) : bad}`);
  }
  return value;
}
