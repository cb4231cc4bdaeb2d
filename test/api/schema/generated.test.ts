/**
 * The generated files against the installed client library: names, types and descriptions are the library's, the rest the
 * fact table's.
 */
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { buildSchema } from '../../../scripts/schema/build-schema.ts';
import table from '../../../scripts/schema/facts.generated.json' with { type: 'json' };
import { type Facts, factsBeyond, renderTable, withFacts } from '../../../scripts/schema/facts.ts';
import { libraryModel } from '../../../scripts/schema/library-models.ts';
import { modelsOf } from '../../../scripts/schema/library-schema.ts';
import { SCHEMA_ROOTS } from '../../../src/api/schema/roots.ts';

const facts = table as unknown as Facts;
const committed = (name: string) =>
  readFileSync(new URL(`../../../src/api/schema/${name}.generated.json`, import.meta.url), 'utf8');

describe('the generated schema', () => {
  it('is what the installed library and the fact table give: else run scripts/generate-schema.ts', () => {
    const { schema, descriptions } = buildSchema(facts);
    expect(renderTable(schema)).toBe(committed('schema'));
    expect(renderTable(descriptions)).toBe(committed('descriptions'));
  });

  it('keeps every definition the API publishes', () => {
    expect(SCHEMA_ROOTS.filter((name) => facts[name] === undefined)).toEqual([]);
  });

  it('takes from the library what the library has: the table says no type but those it has none of', () => {
    const types = Object.entries(facts).flatMap(([name, { schema }]) => [
      ...(schema?.type === undefined ? [] : [name]),
      ...Object.entries(schema?.properties ?? {}).flatMap(([field, node]) => node.type && [`${name}.${field}`]),
    ]);
    expect(types.filter((name) => name !== undefined)).toEqual([
      'io.k8s.apimachinery.pkg.api.resource.Quantity',
      ...['FieldsV1', 'MicroTime', 'Patch', 'Time'].map((kind) => `io.k8s.apimachinery.pkg.apis.meta.v1.${kind}`),
      'io.k8s.apimachinery.pkg.runtime.RawExtension',
      'io.k8s.apimachinery.pkg.util.intstr.IntOrString',
    ]);
  });
});

describe('the models of the library', () => {
  it('are found by the names it gives them', () => {
    const names = ['io.k8s.api.core.v1.Event', 'io.k8s.api.events.v1.Event', 'io.k8s.apimachinery.pkg.version.Info'];
    const found = [...modelsOf([...names, 'io.k8s.api.core.v1.ServicePort'], libraryModel).keys()];
    expect(found).toEqual(['CoreV1Event', 'EventsV1Event', 'VersionInfo', 'V1ServicePort']);
  });

  it('say what a field is called, what it is, whether it must be there, and what it is for', () => {
    const { description, fields } = libraryModel('V1ServicePort')!;
    expect(description).toBe("ServicePort contains information on service's port.");
    expect(fields.find(({ name }) => name === 'port')).toEqual({
      ...{ name: 'port', type: 'number', format: 'int32', required: true },
      description: 'The port that will be exposed by this service.',
    });
    expect(fields.find(({ name }) => name === 'protocol')?.description).toContain('"TCP", "UDP", and "SCTP"');
    expect(libraryModel('V1Nonsense')).toBeUndefined();
  });
});

describe('facts', () => {
  const known = {
    type: 'object',
    properties: { size: { type: 'string' }, names: { type: 'array', items: {} } },
  } as const;
  const published = {
    type: 'object',
    required: ['size'],
    properties: {
      size: { $ref: 'Quantity' },
      names: { type: 'array', 'x-kubernetes-list-type': 'set', items: { type: 'string' } },
    },
  } as const;

  it('are what is published beyond what is known, and laid over it give what is published', () => {
    const beyond = factsBeyond(known, published, 'Thing');
    expect(beyond).toEqual({
      required: ['size'],
      properties: { size: { $ref: 'Quantity' }, names: { 'x-kubernetes-list-type': 'set', items: { type: 'string' } } },
    });
    expect(withFacts(known, beyond)).toEqual(published);
    expect(factsBeyond(published, published, 'Thing')).toBeUndefined();
  });

  it('are refused where the library has what is not published, or lacks a field', () => {
    expect(() => factsBeyond({ ...known, format: 'int32' }, published, 'Thing')).toThrow(
      'Thing: the library has format',
    );
    const more = { ...known, properties: { ...known.properties, more: {} } };
    expect(() => factsBeyond(more, published, 'Thing')).toThrow('Thing: the library has a field more');
    expect(() => factsBeyond({ ...known, properties: {} }, published, 'Thing')).toThrow(
      'Thing: the library has no field size',
    );
  });
});
