/**
 * Writes scripts/schema/facts.generated.json: what Kubernetes' published API definitions say and the installed client library does not
 * (merge keys, list types, defaults, kinds, lost descriptions).
 *
 *   node scripts/generate-schema-facts.ts DEFINITIONS.json
 *
 * DEFINITIONS.json: see schema/published.ts. Run it for a new version of Kubernetes, then generate-schema.ts. A list without a declared strategy
 * is reported: a strategic merge replaces it as a whole.
 */
import { writeFileSync } from 'node:fs';
import { SCHEMA_ROOTS } from '../src/api/schema/roots.ts';
import { libraryKnowledge } from './schema/build-schema.ts';
import { type DefinitionFacts, factsBeyond, renderTable } from './schema/facts.ts';
import { publishedDefinitions } from './schema/published.ts';

const [path] = process.argv.slice(2);
if (path === undefined) {
  process.stderr.write('usage: node scripts/generate-schema-facts.ts DEFINITIONS.json\n');
  process.exit(2);
}
const published = publishedDefinitions(path, SCHEMA_ROOTS);
const known = libraryKnowledge([...published.keys()]);
const facts: Record<string, DefinitionFacts> = {};
for (const [name, { schema, texts }] of published) {
  const ours = known.get(name);
  const beyond = factsBeyond(ours?.schema ?? {}, schema, name);
  const lost = Object.entries(texts).filter(([field, text]) => ours?.texts[field] !== text);
  facts[name] = {
    ...(beyond === undefined ? {} : { schema: beyond }),
    ...(lost.length === 0 ? {} : { texts: Object.fromEntries(lost) }),
  };
}
writeFileSync(new URL('schema/facts.generated.json', import.meta.url), renderTable(facts));
const undeclared = [...published].flatMap(([name, { schema }]) =>
  Object.entries(schema.properties ?? {})
    .filter(([field, node]) => node.type === 'array' && !(field === 'items' && name.endsWith('List')))
    .filter(([, node]) => (node['x-kubernetes-patch-strategy'] ?? node['x-kubernetes-list-type']) === undefined)
    .map(([field]) => `${name}.${field}`),
);
process.stdout.write(`${published.size} definitions, ${known.size} of them in the client library\n`);
if (undeclared.length > 0) {
  process.stdout.write(
    `lists without a declared strategy (replaced as a whole):\n  ${undeclared.sort().join('\n  ')}\n`,
  );
}
