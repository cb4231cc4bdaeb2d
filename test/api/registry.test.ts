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
    '%s names a published definition of its own kind',
    (kind, definition) => {
      const { group, version } = definition.type;
      expect(DEFINITIONS[definition.schema]?.['x-kubernetes-group-version-kind']).toContainEqual({
        group,
        version,
        kind,
      });
    },
  );

  it.each(registry.definitions.map((definition) => [definition.type.kind, definition] as const))(
    '%s prints one cell per column, also for an empty object',
    (_kind, { table, strategy }) => {
      const object = { metadata: { name: 'x' }, spec: { template: {}, containers: [] } };
      strategy.setDefaults?.(object);
      expect(table.cells(object, 0)).toHaveLength(table.columns.length);
    },
  );
});
