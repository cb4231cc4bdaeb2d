import { expect, it } from 'vitest';
import { shuffled } from '../../src/scenario/shuffled.ts';

const ITEMS = ['a', 'b', 'c', 'd', 'e'];

it('is the same order for the same number, and holds every item once', () => {
  for (const seed of [0, 1, 2 ** 32 - 1]) {
    expect(shuffled(ITEMS, seed)).toEqual(shuffled(ITEMS, seed));
    expect(shuffled(ITEMS, seed).sort()).toEqual(ITEMS);
  }
});

it('draws every order of three about equally often', () => {
  const counts = new Map<string, number>();
  for (let seed = 0; seed < 6000; seed += 1) {
    const order = shuffled(['a', 'b', 'c'], seed).join('');
    counts.set(order, (counts.get(order) ?? 0) + 1);
  }
  expect(counts.size).toBe(6);
  // Binomial with n = 6000, p = 1/6: σ = 29; the seeds are fixed, so this either holds for good or not at all.
  for (const count of counts.values()) expect(Math.abs(count - 1000)).toBeLessThan(5 * 29);
});
