/** What must hold of the definitions, whatever version they are generated from. */
import { describe, expect, it } from 'vitest';
import { DEFINITIONS, loadDescriptions, resolve, type SchemaNode } from '../../../src/api/schema/definitions.ts';

describe('the definitions', () => {
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
