/**
 * Writes src/api/schema/{schema,descriptions}.generated.json: names, types and descriptions from the installed client library, the rest from
 * schema/facts.generated.json.
 *
 *   node scripts/generate-schema.ts
 *
 * A test compares what it would write with what is committed: after an update of the library, run it, and look at the difference.
 */
import { writeFileSync } from 'node:fs';
import { buildSchema } from './schema/build-schema.ts';
import facts from './schema/facts.generated.json' with { type: 'json' };
import { type Facts, renderTable } from './schema/facts.ts';

const { schema, descriptions } = buildSchema(facts as unknown as Facts);
const target = new URL('../src/api/schema/', import.meta.url);
writeFileSync(new URL('schema.generated.json', target), renderTable(schema));
writeFileSync(new URL('descriptions.generated.json', target), renderTable(descriptions));
process.stdout.write(`${Object.keys(schema).length} definitions\n`);
