/** The generated schema against the models of the client library: two publications of the same types. */
import * as library from '@kubernetes/client-node';
import { describe, expect, it } from 'vitest';
import { DEFINITIONS, loadDescriptions, resolve, type SchemaNode } from '../../../src/api/schema/definitions.ts';

interface Attribute {
  readonly baseName: string;
  readonly type: string;
  readonly format: string;
}

interface Model {
  getAttributeTypeMap(): Attribute[];
}

/** Models whose name is not `V1` + the definition's: the library tells two groups' types of one name apart. */
const RENAMED: Readonly<Record<string, string>> = {
  'io.k8s.api.core.v1.Event': 'CoreV1Event',
  'io.k8s.api.core.v1.EventList': 'CoreV1EventList',
  'io.k8s.api.core.v1.EventSeries': 'CoreV1EventSeries',
  'io.k8s.api.core.v1.EndpointPort': 'CoreV1EndpointPort',
  'io.k8s.api.events.v1.Event': 'EventsV1Event',
  'io.k8s.api.events.v1.EventList': 'EventsV1EventList',
  'io.k8s.api.events.v1.EventSeries': 'EventsV1EventSeries',
  'io.k8s.api.discovery.v1.EndpointPort': 'DiscoveryV1EndpointPort',
  'io.k8s.api.core.v1.ResourceClaim': 'CoreV1ResourceClaim',
  'io.k8s.api.authentication.v1.TokenRequest': 'AuthenticationV1TokenRequest',
  'io.k8s.apimachinery.pkg.version.Info': 'VersionInfo',
};

/** Definitions the library writes as a plain type: no model to compare. */
const PLAIN = /\.(IntOrString|Quantity|Time|MicroTime|FieldsV1|Patch|RawExtension)$/;

function modelOf(name: string): Model | undefined {
  const short = name.slice(name.lastIndexOf('.') + 1);
  const exported = library as unknown as Record<string, Model | undefined>;
  return exported[RENAMED[name] ?? `V1${short}`];
}

/** The library's name for a node's type, without the version prefixes that tell equal names apart. */
function typeName(node: SchemaNode): string {
  if (node.$ref !== undefined) {
    const short = node.$ref.slice(node.$ref.lastIndexOf('.') + 1);
    if (short === 'Time') return 'Date';
    if (short === 'Quantity') return 'string';
    if (short === 'FieldsV1' || short === 'RawExtension') return 'any';
    return short;
  }
  if (node.type === 'array') return `Array<${typeName(node.items ?? {})}>`;
  if (node.type === 'object') {
    return node.additionalProperties === undefined
      ? 'any'
      : `{ [key: string]: ${typeName(node.additionalProperties)}; }`;
  }
  if (node.type === 'integer') return 'number';
  return node.type ?? 'any';
}

const plain = (type: string) => type.replaceAll(/\b(?:Core|Events|Discovery|Authentication)?V1(?=[A-Z])/g, '');

const compared = Object.entries(DEFINITIONS).filter(([name]) => !PLAIN.test(name));

describe('the generated schema', () => {
  it.each(compared)('%s is as in the client library', (name, definition) => {
    const model = modelOf(name);
    expect(model, 'a model of this name').toBeDefined();
    const attributes = model!.getAttributeTypeMap().map(({ baseName, type }) => [baseName, plain(type)]);
    // The library renames one field that is a word of JavaScript.
    const properties = Object.entries(definition.properties ?? {}).map(([field, node]) => [
      field,
      plain(typeName(node)),
    ]);
    expect(Object.fromEntries(properties)).toEqual(Object.fromEntries(attributes));
  });

  it('refers only to definitions it has', () => {
    const missing: string[] = [];
    const visit = (node: SchemaNode): void => {
      if (node.$ref !== undefined && DEFINITIONS[node.$ref] === undefined) missing.push(node.$ref);
      for (const child of [node.items, node.additionalProperties, ...Object.values(node.properties ?? {})]) {
        if (child !== undefined) visit(child);
      }
    };
    for (const definition of Object.values(DEFINITIONS)) visit(definition);
    expect(missing).toEqual([]);
  });

  it('gives every list a strategy, but those of answers', () => {
    const undeclared = Object.entries(DEFINITIONS).flatMap(([name, { properties = {} }]) =>
      Object.entries(properties)
        .filter(([, node]) => node.type === 'array')
        .filter(([, node]) => !node['x-kubernetes-list-type'] && !node['x-kubernetes-patch-strategy'])
        .map(([field]) => `${name}.${field}`)
        .filter((path) => !path.endsWith('List.items')),
    );
    expect(undeclared).toEqual(['io.k8s.apimachinery.pkg.apis.meta.v1.APIResource.verbs']);
  });

  it('names a merge key that the elements of the list have', () => {
    for (const [name, { properties = {} }] of Object.entries(DEFINITIONS)) {
      for (const [field, node] of Object.entries(properties)) {
        const key = node['x-kubernetes-patch-merge-key'];
        if (key === undefined) continue;
        const element = resolve(node.items ?? {});
        expect(Object.keys(element.properties ?? {}), `${name}.${field}`).toContain(key);
      }
    }
  });

  it('describes what kubectl explain shows', async () => {
    const descriptions = await loadDescriptions();
    expect(descriptions['io.k8s.api.core.v1.ServiceSpec']?.clusterIP).toContain('IP address of the service');
    expect(descriptions['io.k8s.api.core.v1.Service']?.['']).toContain('named abstraction');
    expect(Object.keys(descriptions)).toEqual(Object.keys(DEFINITIONS));
  });
});
