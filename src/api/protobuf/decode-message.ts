/**
 * Turns a protobuf message of a definition into the JSON it stands for. The schema gives the types, the generated
 * table the field numbers. A Go client writes zero values of plain fields; where JSON would leave them out, so does this.
 */
import { definitionOf, resolve, type SchemaNode } from '../schema/definitions.ts';
import fieldTable from './fields.generated.json' with { type: 'json' };
import { readFields, toBytes, toInteger, toText, WireError, type WireValue } from './wire.ts';

/** Number → name (`name?`: zero means absent), or the table of an embedded struct. */
type Fields = { readonly [number: string]: string | Fields };
type JsonObject = Record<string, unknown>;

const FIELDS = fieldTable as Readonly<Record<string, Fields>>;

/** Types whose JSON is not made of their fields, by the last part of their name. */
const SPECIAL: Readonly<Record<string, (bytes: Uint8Array) => unknown>> = {
  Time: (bytes) => decodeTime(bytes, 0),
  MicroTime: (bytes) => decodeTime(bytes, 6),
  Quantity: (bytes) => textOf(fieldOf(bytes, 1)),
  IntOrString: decodeIntOrString,
  FieldsV1: (bytes) => JSON.parse(textOf(fieldOf(bytes, 1)) || '{}'),
  RawExtension: (bytes) => JSON.parse(textOf(fieldOf(bytes, 1)) || 'null'),
};

/** Throws `WireError` for bytes that are no such message. Fields the schema does not have are passed over. */
export function decodeMessage(schema: string, bytes: Uint8Array): JsonObject {
  const object: JsonObject = {};
  fill(object, definitionOf(schema), FIELDS[schema] ?? {}, bytes);
  return object;
}

function fill(object: JsonObject, node: SchemaNode, fields: Fields, bytes: Uint8Array): void {
  for (const { number, value } of readFields(bytes)) {
    const field = fields[number];
    if (field === undefined) continue;
    if (typeof field !== 'string') {
      fill(object, node, field, toBytes(value));
      continue;
    }
    const omitsZero = field.endsWith('?');
    const name = omitsZero ? field.slice(0, -1) : field;
    const property = node.properties?.[name];
    if (property === undefined) continue;
    const decoded = decodeField(property, value, object[name]);
    const absent = decoded === null || (omitsZero && (decoded === 0 || decoded === false));
    if (!absent) object[name] = decoded;
  }
}

/** One occurrence of a field; lists and maps grow with each. */
function decodeField(property: SchemaNode, value: WireValue, soFar: unknown): unknown {
  const { type, items, additionalProperties } = resolve(property);
  if (type === 'array') return [...((soFar as unknown[] | undefined) ?? []), ...decodeItems(items ?? {}, value)];
  if (additionalProperties === undefined) return decodeSingle(property, value);
  const entry = toBytes(value);
  const map = (soFar as JsonObject | undefined) ?? {};
  const [key, member] = [fieldOf(entry, 1), fieldOf(entry, 2)];
  const decoded = member === undefined ? '' : decodeMapValue(additionalProperties, member);
  Object.defineProperty(map, textOf(key), { value: decoded, enumerable: true, writable: true, configurable: true });
  return map;
}

/** A repeated number may come packed: all of them in one run of bytes. */
function decodeItems(items: SchemaNode, value: WireValue): unknown[] {
  if (resolve(items).type !== 'integer' || typeof value === 'bigint') return [decodeSingle(items, value)];
  const numbers: number[] = [];
  // Packed varints look like the values of fields without tags: a tag of a varint field before each makes them so.
  let start = 0;
  for (let at = 0; at < value.length; at += 1) {
    if (value[at]! >= 0x80) continue;
    const [field] = readFields(Uint8Array.of(8, ...value.subarray(start, at + 1)));
    numbers.push(toInteger(field!.value));
    start = at + 1;
  }
  return numbers;
}

/** A list as a map's value is a message of its own (`ExtraValue`). */
function decodeMapValue(node: SchemaNode, value: WireValue): unknown {
  const { type, items } = resolve(node);
  if (type !== 'array') return decodeSingle(node, value);
  return [...readFields(toBytes(value))].map((field) => decodeSingle(items ?? {}, field.value));
}

function decodeSingle(node: SchemaNode, value: WireValue): unknown {
  if (node.$ref !== undefined) {
    const special = SPECIAL[node.$ref.slice(node.$ref.lastIndexOf('.') + 1)];
    if (special !== undefined) return special(toBytes(value));
    const target = definitionOf(node.$ref);
    if (target.properties !== undefined) return decodeMessage(node.$ref, toBytes(value));
  }
  const { type, format } = resolve(node);
  switch (type) {
    case 'integer':
      return toInteger(value);
    case 'boolean':
      return toInteger(value) !== 0;
    case 'number':
      return toDouble(value);
    default:
      return format === 'byte' ? Buffer.from(toBytes(value)).toString('base64') : toText(value);
  }
}

function toDouble(value: WireValue): number {
  if (typeof value !== 'bigint') throw new WireError('wrong wireType for a number');
  const view = new DataView(new ArrayBuffer(8));
  view.setBigUint64(0, value);
  return view.getFloat64(0);
}

/** The last occurrence of a field; undefined when there is none. */
function fieldOf(bytes: Uint8Array, number: number): WireValue | undefined {
  let found: WireValue | undefined;
  for (const field of readFields(bytes)) if (field.number === number) found = field.value;
  return found;
}

function textOf(value: WireValue | undefined): string {
  return value === undefined ? '' : toText(value);
}

/** Seconds and nanoseconds since the epoch; an empty message is Go's zero time, `null` in JSON. */
function decodeTime(bytes: Uint8Array, digits: number): string | null {
  if (bytes.length === 0) return null;
  const [seconds, nanos] = [fieldOf(bytes, 1) ?? 0n, fieldOf(bytes, 2) ?? 0n];
  const whole = new Date(toInteger(seconds) * 1000).toISOString().slice(0, 19);
  if (digits === 0) return `${whole}Z`;
  return `${whole}.${String(toInteger(nanos)).padStart(9, '0').slice(0, digits)}Z`;
}

function decodeIntOrString(bytes: Uint8Array): number | string {
  const isText = toInteger(fieldOf(bytes, 1) ?? 0n) === 1;
  return isText ? textOf(fieldOf(bytes, 3)) : toInteger(fieldOf(bytes, 2) ?? 0n);
}
