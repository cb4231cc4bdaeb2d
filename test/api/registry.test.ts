import { describe, expect, it } from 'vitest';
import { createRegistry } from '../../src/api/registry.ts';
import { DEFINITIONS } from '../../src/api/schema/definitions.ts';
import * as resources from '../../src/objects/resource.ts';

const registry = createRegistry({ serviceCIDRs: ['10.96.0.0/12'], certificateAuthority: 'PEM' });

describe('the registry', () => {
  it('has every resource type of src/objects', () => {
    const types = Object.values(resources).filter((value) => typeof value === 'object');
    expect(new Set(registry.definitions.map(({ type }) => type))).toEqual(new Set(types));
  });

  it.each(registry.definitions.map((definition) => [definition.type.kind, definition] as const))(
    '%s names a published definition of its own kind, and is found by path and kind',
    (kind, definition) => {
      const { group, version, plural } = definition.type;
      expect(DEFINITIONS[definition.schema]?.['x-kubernetes-group-version-kind']).toContainEqual({
        group,
        version,
        kind,
      });
      expect(registry.byPath(group, version, plural)).toBe(definition);
      expect(registry.byKind(group === '' ? version : `${group}/${version}`, kind)).toBe(definition);
    },
  );

  it('knows no kind of another version', () => {
    expect(registry.byKind('v2', 'Service')).toBeUndefined();
    expect(registry.byPath('apps', 'v1beta1', 'deployments')).toBeUndefined();
  });

  it.each(registry.definitions.map((definition) => [definition.type.kind, definition] as const))(
    '%s prints one cell per column, also for an empty object',
    (_kind, { table, strategy }) => {
      const object = { metadata: { name: 'x' }, spec: { template: {}, containers: [] } };
      strategy.setDefaults?.(object);
      expect(table.cells(object, 0)).toHaveLength(table.columns.length);
    },
  );
});
