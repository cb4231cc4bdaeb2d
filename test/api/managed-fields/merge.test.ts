import { describe, expect, it } from 'vitest';
import { setOfPaths } from '../../../src/api/managed-fields/field-set.ts';
import type { ListType } from '../../../src/api/managed-fields/field-type.ts';
import { merge } from '../../../src/api/managed-fields/merge.ts';
import { removeFields } from '../../../src/api/managed-fields/remove-fields.ts';
import { typeProblems } from '../../../src/api/managed-fields/type-problems.ts';
import { SERVICE, service } from './fixture.ts';

const LETTERS: ListType = { kind: 'list', atomic: false, items: { kind: 'scalar', accepts: 'string' }, keys: [] };

describe('merge', () => {
  it.each([
    ['abc', 'ab', 'abc'],
    ['ab', 'abc', 'abc'],
    ['abc', '', 'abc'],
    ['', 'abc', 'abc'],
    ['ab', 'ba', 'ba'],
    ['pqr', 'xyz', 'pqrxyz'],
    ['pqr', 'rxyz', 'pqrxyz'],
    ['pqrvu', 'rstu', 'pqrvstu'],
    ['rstu', 'prt', 'prstu'],
    ['pqrs', 'stup', 'qrstup'],
    ['kpvu', 'kupv', 'kupv'],
    ['pqr', 'rp', 'qrp'],
    ['stuvwxyz', '1x2u3kl', 'stvw1xyz2u3kl'],
  ])(
    'list %s under %s gives %s: shared elements in the order applied, others where they stood',
    (live, config, merged) => {
      expect((merge(LETTERS, [...live], [...config]) as string[]).join('')).toBe(merged);
    },
  );

  it('elements of map lists merge by their keys, atomic ones are replaced', () => {
    const live = service({
      selector: { a: 'b', c: 'd' },
      ports: [
        { port: 80, protocol: 'TCP', nodePort: 30080 },
        { port: 53, protocol: 'UDP' },
      ],
    });
    const config = service({ selector: { a: 'x' }, ports: [{ port: 80, name: 'http' }] });
    expect(merge(SERVICE, live, config)).toMatchObject({
      spec: {
        selector: { a: 'x' },
        ports: [
          { port: 80, protocol: 'TCP', nodePort: 30080, name: 'http' },
          { port: 53, protocol: 'UDP' },
        ],
      },
    });
  });

  it('leaves both as they are', () => {
    const live = service({ ports: [{ port: 80, protocol: 'TCP' }] });
    const before = structuredClone(live);
    merge(SERVICE, live, service({ ports: [{ port: 80, name: 'http' }] }));
    expect(live).toEqual(before);
  });
});

describe('remove', () => {
  it('takes out members and elements, and what is left empty is null', () => {
    const port = 'k:{"port":80,"protocol":"TCP"}';
    const live = service({ type: 'NodePort', ports: [{ port: 80, protocol: 'TCP' }] }, { labels: { a: 'b', c: 'd' } });
    const fields = setOfPaths([
      ['f:spec', 'f:ports', port],
      ['f:metadata', 'f:labels', 'f:a'],
    ]);
    expect(removeFields(SERVICE, live, fields)).toMatchObject({
      metadata: { labels: { c: 'd' } },
      spec: { type: 'NodePort', ports: null },
    });
  });
});

describe('type problems', () => {
  const problems = (spec: object) => typeProblems(SERVICE, service(spec));

  it.each([
    [{ selectr: {} }, '.spec.selectr: field not declared in schema'],
    [
      { ports: [{ port: '80' }] },
      '.spec.ports[port="80",protocol="TCP"].port: expected numeric (int or float), got string',
    ],
    [
      { ports: [{ name: 'x' }] },
      `.spec.ports: element 0: associative list with keys has an element that omits key field "port" (and doesn't have default value)`,
    ],
    [{ ports: { port: 80 } }, '.spec.ports: expected list, got &{map[port:80]}'],
    [
      { ports: [{ port: 80 }, { port: 80, protocol: 'TCP' }] },
      '.spec.ports: duplicate entries for key [port=80,protocol="TCP"]',
    ],
    [{ selector: 'app' }, '.spec.selector: expected map, got &{app}'],
    [{ selector: { app: 1 } }, '.spec.selector.app: expected string, got &value.valueUnstructured{Value:1}'],
    [{ publishNotReadyAddresses: 'yes' }, '.spec.publishNotReadyAddresses: expected boolean, got &{yes}'],
    [{ externalIPs: [1] }, '.spec.externalIPs[0]: expected string, got &value.valueUnstructured{Value:1}'],
    [{ ports: [null] }, '.spec.ports: element 0: associative list with keys may not have a null element'],
    [{ ports: ['x'] }, '.spec.ports: element 0: associative list with keys may not have non-map elements'],
  ])('%j', (spec, problem) => expect(problems(spec)).toEqual([problem]));

  it('are none for what can be applied', () => {
    expect(
      problems({
        type: null,
        ports: [
          { port: 80, targetPort: 'http' },
          { port: 80, protocol: 'UDP', targetPort: 1 },
        ],
      }),
    ).toEqual([]);
  });
});
