import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { proportionalSizes } from '../../../src/controllers/deployment/proportional-scale.ts';
import { limitsOf, newSetSize, oldSetSizes } from '../../../src/controllers/deployment/rolling-update.ts';
import type { Deployment, ReplicaSet } from '../../../src/objects/wire.ts';

function deployment(replicas: number, maxSurge: number | string, maxUnavailable: number | string): Deployment {
  const strategy = { type: 'RollingUpdate', rollingUpdate: { maxSurge, maxUnavailable } };
  return { spec: { replicas, selector: {}, template: {}, strategy } } as Deployment;
}

let count = 0;
function set(replicas: number, available = replicas, annotations: Record<string, string> = {}): ReplicaSet {
  count += 1;
  const creationTimestamp = new Date(count * 1000).toISOString();
  return {
    metadata: { name: `set-${count}`, creationTimestamp, annotations },
    spec: { replicas, selector: {} },
    status: { replicas, availableReplicas: available },
  };
}

describe('limits', () => {
  it.each([
    [10, '25%', '25%', { maxSurge: 3, maxUnavailable: 2 }],
    [1, '25%', '25%', { maxSurge: 1, maxUnavailable: 0 }],
    [10, 0, 0, { maxSurge: 0, maxUnavailable: 1 }],
    [3, '0%', '10%', { maxSurge: 0, maxUnavailable: 1 }],
    [2, 1, 5, { maxSurge: 1, maxUnavailable: 2 }],
    [0, '25%', '25%', { maxSurge: 0, maxUnavailable: 0 }],
  ])('of %i replicas with surge %s and unavailable %s', (replicas, surge, unavailable, limits) => {
    expect(limitsOf(deployment(replicas, surge, unavailable))).toEqual(limits);
  });
});

describe('the new ReplicaSet', () => {
  it.each([
    // replicas, surge, old, new → size
    [10, 3, 10, 0, 3],
    [10, 3, 8, 3, 5],
    [10, 0, 10, 0, 0],
    [10, 0, 8, 0, 2],
    [10, 3, 0, 12, 10],
    [10, 3, 20, 4, 4],
    [10, 5, 3, 7, 10],
  ])('of %i (+%i) beside %i old and %i new may have %i', (replicas, surge, old, current, size) => {
    const now = set(current);
    expect(newSetSize(deployment(replicas, surge, 1), [set(old), now], now)).toBe(size);
  });
});

describe('the old ReplicaSets', () => {
  it('give up first what is not available anyway, then what availability allows, the oldest first', () => {
    const old = [set(5, 5), set(3, 1)];
    const sizes = oldSetSizes(deployment(8, 2, 2), old, set(2, 2));
    // 8 − 2 must stay available; 8 are, so 2 pods that serve may go besides the 2 that do not.
    expect(sizes.map(({ replicas }) => replicas)).toEqual([3, 1]);
  });

  it('stay while the new pods are not available', () => {
    expect(oldSetSizes(deployment(10, 3, 2), [set(8, 8)], set(5, 0))).toEqual([]);
  });

  it('stay when nothing is left of them', () => {
    expect(oldSetSizes(deployment(3, 1, 1), [set(0, 0)], set(3, 3))).toEqual([]);
  });
});

describe('a whole rollout', () => {
  it('never exceeds the surge, never falls below what must be available, and ends', () => {
    const numbers = fc.record({
      replicas: fc.integer({ min: 1, max: 30 }),
      surge: fc.integer({ min: 0, max: 10 }),
      unavailable: fc.integer({ min: 0, max: 10 }),
      seed: fc.array(fc.nat(9), { minLength: 1, maxLength: 50 }),
    });
    fc.assert(
      fc.property(numbers, ({ replicas, surge, unavailable, seed }) => {
        const wanted = deployment(replicas, surge, unavailable);
        const { maxSurge, maxUnavailable } = limitsOf(wanted);
        let old = set(replicas);
        let current = set(0);
        for (let step = 0; step < 500; step += 1) {
          const size = newSetSize(wanted, [old, current], current);
          current = { ...current, spec: { ...current.spec!, replicas: size } };
          const [shrunk] = oldSetSizes(wanted, [old], current);
          if (shrunk !== undefined) {
            const available = Math.min(shrunk.replicas, old.status!.availableReplicas!);
            const status = { replicas: shrunk.replicas, availableReplicas: available };
            old = { ...old, spec: { ...old.spec!, replicas: shrunk.replicas }, status };
          }
          expect(old.spec!.replicas! + size).toBeLessThanOrEqual(replicas + maxSurge);
          const available = old.status!.availableReplicas! + current.status!.availableReplicas!;
          expect(available).toBeGreaterThanOrEqual(replicas - maxUnavailable);
          if (old.spec!.replicas === 0 && current.status!.availableReplicas === replicas) return;
          // Some of the new pods become available.
          const more = Math.min(size, current.status!.availableReplicas! + 1 + (seed[step % seed.length] ?? 0));
          current = { ...current, status: { replicas: size, availableReplicas: more } };
        }
        expect.fail('the rollout did not end');
      }),
    );
  });
});

describe('scaling while a rollout is under way', () => {
  const remembered = (desired: number, most: number): Record<string, string> => ({
    'deployment.kubernetes.io/desired-replicas': String(desired),
    'deployment.kubernetes.io/max-replicas': String(most),
  });

  it.each([
    // from, to, surge, old, new → old, new
    ['up', 10, 20, 0, 5, 5, [10, 10]],
    ['up, with leftovers to the newer of equals', 10, 15, 0, 5, 5, [7, 8]],
    ['down', 10, 5, 0, 8, 2, [4, 1]],
    ['up with surge', 10, 20, 3, 8, 5, [14, 9]],
    ['to nothing', 10, 0, 3, 8, 5, [0, 0]],
  ])('%s shares the change in proportion', (_, from, to, surge, oldSize, newSize, sizes) => {
    const notes = remembered(from, from + surge);
    const old = set(oldSize, oldSize, notes);
    const current = set(newSize, newSize, notes);
    const result = new Map(
      proportionalSizes(deployment(to, surge, 1), current, [old]).map(({ set: each, replicas }) => [each, replicas]),
    );
    expect([result.get(old) ?? oldSize, result.get(current) ?? newSize]).toEqual(sizes);
  });

  it('changes the only active set alone', () => {
    const current = set(3);
    expect(proportionalSizes(deployment(5, 1, 1), current, [set(0)])).toEqual([{ set: current, replicas: 5 }]);
  });

  it('removes old sets when the new one is as wanted', () => {
    const current = set(4, 4, remembered(4, 5));
    const old = set(2);
    expect(proportionalSizes(deployment(4, 1, 1), current, [old])).toEqual([{ set: old, replicas: 0 }]);
  });
});
