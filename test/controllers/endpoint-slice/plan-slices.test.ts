import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { planSlices, type SlicePlan, type SliceTemplate } from '../../../src/controllers/endpoint-slice/plan-slices.ts';
import type { Endpoint, EndpointSlice } from '../../../src/objects/wire.ts';

const ports = [{ name: '', port: 80, protocol: 'TCP' }];
const otherPorts = [{ name: '', port: 8080, protocol: 'TCP' }];
const endpoint = (n: number, ready = true): Endpoint => ({
  addresses: [`10.244.${n >> 8}.${n & 255}`],
  conditions: { ready },
  targetRef: { kind: 'Pod', name: `p${n}`, namespace: 'default', uid: `u${n}` },
});
const endpoints = (from: number, to: number): Endpoint[] =>
  Array.from({ length: to - from }, (_, index) => endpoint(from + index));
const template: SliceTemplate = {
  addressType: 'IPv4',
  metadata: { generateName: 'web-', labels: { a: 'b' } },
  capacity: 5,
  placeholder: true,
};
const slice = (name: string, content: Endpoint[], at = ports): EndpointSlice => ({
  metadata: { name, labels: { a: 'b' } },
  addressType: 'IPv4',
  endpoints: content,
  ports: at,
});

const sizes = (plan: SlicePlan): unknown => ({
  create: plan.create.map(({ endpoints: each }) => each?.length),
  update: plan.update.map(({ metadata, endpoints: each }) => [metadata?.name, each?.length]),
  remove: plan.remove.map(({ metadata }) => metadata?.name),
});
const nothing = { create: [], update: [], remove: [] };

describe('slice plans', () => {
  it.each<[string, Endpoint[], EndpointSlice[], unknown]>([
    ['an empty slice when there is nothing', [], [], { ...nothing, create: [0] }],
    ['nothing when all is well', endpoints(0, 3), [slice('a', endpoints(0, 3))], nothing],
    ['full slices and a rest', endpoints(0, 12), [], { ...nothing, create: [5, 5, 2] }],
    [
      'new ones into a slice with room',
      endpoints(0, 4),
      [slice('a', endpoints(0, 3))],
      { ...nothing, update: [['a', 4]] },
    ],
    [
      'new ones into the fullest that has room',
      endpoints(0, 8),
      [slice('a', endpoints(0, 3)), slice('b', endpoints(3, 7))],
      { ...nothing, update: [['b', 5]] },
    ],
    [
      'new ones into a slice that is written anyway',
      [...endpoints(1, 8)],
      [slice('a', endpoints(0, 3)), slice('b', endpoints(3, 7))],
      { ...nothing, update: [['a', 3]] },
    ],
    [
      'slices left empty removed',
      endpoints(0, 3),
      [slice('a', endpoints(0, 3)), slice('b', endpoints(3, 7))],
      { ...nothing, remove: ['b'] },
    ],
    ['the last one kept as placeholder', [], [slice('a', endpoints(0, 3))], { ...nothing, update: [['a', 0]] }],
    ['nothing when the placeholder stands', [], [slice('a', [], [])], nothing],
    [
      'duplicates in existing slices mended',
      endpoints(0, 2),
      [slice('a', endpoints(0, 2)), slice('b', endpoints(1, 2))],
      { ...nothing, remove: ['b'] },
    ],
  ])('give %s', (_, wanted, existing, expected) => {
    expect(sizes(planSlices([{ ports, endpoints: wanted }], existing, template))).toEqual(expected);
  });

  it('write a slice whose endpoint changed its conditions, and one whose labels are wrong', () => {
    const changed = planSlices([{ ports, endpoints: [endpoint(0, false)] }], [slice('a', [endpoint(0)])], template);
    expect(changed.update[0]?.endpoints).toEqual([endpoint(0, false)]);
    const mislabelled = { ...slice('a', [endpoint(0)]), metadata: { name: 'a', labels: { a: 'b', extra: 'x' } } };
    const mended = planSlices([{ ports, endpoints: [endpoint(0)] }], [mislabelled], template);
    expect(mended.update[0]?.metadata).toEqual({ name: 'a', labels: { a: 'b' } });
  });

  it('keep endpoints with other ports apart', () => {
    const groups = [
      { ports, endpoints: endpoints(0, 2) },
      { ports: otherPorts, endpoints: endpoints(2, 4) },
    ];
    const plan = planSlices(groups, [slice('a', endpoints(0, 4))], template);
    expect(sizes(plan)).toEqual({ create: [2], update: [['a', 2]], remove: [] });
    expect(plan.create[0]?.ports).toEqual(otherPorts);
  });

  it('always lead to exactly the wanted endpoints, once each, within capacity, and then to rest', () => {
    const subset = fc.uniqueArray(fc.nat(40), { maxLength: 40 });
    fc.assert(
      fc.property(fc.array(subset, { maxLength: 4 }), subset, fc.boolean(), (present, wanted, flip) => {
        const existing = present.map((ids, index) =>
          slice(
            `s${index}`,
            ids.slice(0, 5).map((id) => endpoint(id)),
          ),
        );
        const target = wanted.map((id) => endpoint(id, !flip));
        const groups = [{ ports, endpoints: target }];
        const plan = planSlices(groups, existing, template);
        const gone = new Set(plan.remove.map(({ metadata }) => metadata?.name));
        const updated = new Map(plan.update.map((each) => [each.metadata?.name, each]));
        const result = [
          ...existing
            .filter(({ metadata }) => !gone.has(metadata?.name))
            .map((each) => updated.get(each.metadata?.name) ?? each),
          ...plan.create.map((each, index) => ({ ...each, metadata: { ...each.metadata, name: `n${index}` } })),
        ];
        const all = result.flatMap((each) => each.endpoints ?? []);
        const byAddress = (a: Endpoint, b: Endpoint): number => (a.addresses[0]! < b.addresses[0]! ? -1 : 1);
        expect([...all].sort(byAddress)).toEqual([...target].sort(byAddress));
        for (const each of result) expect(each.endpoints?.length).toBeLessThanOrEqual(5);
        expect(result.length).toBeGreaterThan(0);
        expect(planSlices(groups, result, template)).toEqual(nothing);
      }),
    );
  });
});
