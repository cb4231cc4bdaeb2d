/**
 * Writes src/api/protobuf/fields.generated.json: the protobuf field numbers of the API's types.
 *
 *   node scripts/generate-protobuf-fields.ts API_DIR APIMACHINERY_DIR
 *
 * The directories are those of the Go modules k8s.io/api and k8s.io/apimachinery (`go mod download -json` prints them).
 * Their structs' tags carry number and JSON name of each field. Kept are the definitions of schema.generated.json.
 * `"name?"` marks a scalar whose zero value means "not set" (no pointer in Go, `omitempty` in JSON); a nested object
 * is an embedded struct, whose fields JSON shows in the outer object.
 */
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { DEFINITIONS } from '../src/api/schema/definitions.ts';

type Fields = { [number: string]: string | Fields };

interface StructField {
  readonly type: string;
  readonly name: string;
  readonly inline: boolean;
  readonly omitEmpty: boolean;
  readonly number: string;
}

const [apiDirectory, machineryDirectory] = process.argv.slice(2);
if (apiDirectory === undefined || machineryDirectory === undefined) {
  process.stderr.write('usage: node scripts/generate-protobuf-fields.ts API_DIR APIMACHINERY_DIR\n');
  process.exit(2);
}

/** Types whose form in JSON is not that of their fields; the decoder knows them. */
const SPECIAL = /\.(Time|MicroTime|Quantity|IntOrString|FieldsV1)$/;
const SCALARS = new Set(['bool', 'int32', 'int64', 'int', 'uint32', 'float64', 'intstr.IntOrString']);
const STRUCT = /^type (\w+) struct \{\n(.*?)^\}/gms;
const FIELD = /^\t(?:(\w+) +)?(\S+) +`json:"([^"]*)" [^`]*?protobuf:"\w+,(\d+),/gm;

const packages = new Map<string, Map<string, StructField[]>>();

/** The structs of a Go package, by name. */
function structsOf(directory: string): Map<string, StructField[]> {
  const known = packages.get(directory);
  if (known !== undefined) return known;
  const structs = new Map<string, StructField[]>();
  for (const file of readdirSync(directory)) {
    if (!file.endsWith('.go') || file.includes('generated') || file.endsWith('_test.go')) continue;
    for (const [, name, body] of readFileSync(join(directory, file), 'utf8').matchAll(STRUCT)) {
      structs.set(name!, [...body!.matchAll(FIELD)].map(fieldOf));
    }
  }
  packages.set(directory, structs);
  return structs;
}

function fieldOf([, , type, json, number]: RegExpMatchArray): StructField {
  const [name = '', ...options] = json!.split(',');
  return {
    type: type!,
    name,
    number: number!,
    inline: options.includes('inline'),
    omitEmpty: options.includes('omitempty'),
  };
}

/** `io.k8s.api.core.v1.Pod` → the package's directory and `Pod`. */
function locate(definition: string): { directory: string; name: string } {
  const parts = definition.split('.');
  const name = parts.at(-1)!;
  if (definition.startsWith('io.k8s.api.')) return { directory: join(apiDirectory!, ...parts.slice(3, -1)), name };
  return { directory: join(machineryDirectory!, ...parts.slice(3, -1)), name };
}

function fieldsOf(directory: string, name: string): Fields | undefined {
  const structs = structsOf(directory);
  const struct = structs.get(name);
  if (struct === undefined) return undefined;
  return Object.fromEntries(
    struct.map((field) => {
      if (field.inline) {
        const embedded = fieldsOf(directory, field.type);
        if (embedded === undefined) throw new Error(`${name} embeds ${field.type}, which is not in ${directory}`);
        return [field.number, embedded];
      }
      return [field.number, field.omitEmpty && SCALARS.has(field.type) ? `${field.name}?` : field.name];
    }),
  );
}

/** The names in a table of fields, embedded structs' included. */
function namesIn(fields: Fields): string[] {
  return Object.values(fields).flatMap((field) =>
    typeof field === 'string' ? [field.replace('?', '')] : namesIn(field),
  );
}

const result: Record<string, Fields> = {};
for (const [definition, { properties = {} }] of Object.entries(DEFINITIONS)) {
  if (SPECIAL.test(definition)) continue;
  const { directory, name } = locate(definition);
  const fields = fieldsOf(directory, name) ?? {};
  // Some types travel as JSON only (the version, a patch).
  if (Object.keys(fields).length === 0) continue;
  const known = new Set([...namesIn(fields), 'kind', 'apiVersion']);
  const missing = Object.keys(properties).filter((property) => !known.has(property));
  if (missing.length > 0) throw new Error(`${definition}: no field number for ${missing.join(', ')}`);
  result[definition] = fields;
}
const lines = Object.entries(result).map(([name, fields]) => `${JSON.stringify(name)}:${JSON.stringify(fields)}`);
writeFileSync(new URL('../src/api/protobuf/fields.generated.json', import.meta.url), `{\n${lines.join(',\n')}\n}\n`);
