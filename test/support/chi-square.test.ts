import { describe, expect, it } from 'vitest';
import { chanceOf, ERROR_PROBABILITY, survival } from './chi-square.ts';

describe('the chi-square test', () => {
  // Quantiles of the tables every textbook has.
  it.each([
    [3.841459, 1, 0.05],
    [10.827566, 1, 0.001],
    [5.991465, 2, 0.05],
    [7.814728, 3, 0.05],
    [16.266236, 3, 0.001],
    [9.487729, 4, 0.05],
    [20.515006, 5, 0.001],
    [0.003932, 1, 0.95],
  ])('P(X ≥ %d) with %i degrees of freedom', (x, degrees, chance) => {
    expect(survival(x, degrees)).toBeCloseTo(chance, 5);
  });

  it('takes what is even for even, and tells what no fair dice would do', () => {
    expect(chanceOf([200, 200])).toBe(1);
    expect(chanceOf([230, 170])).toBeGreaterThan(1e-3);
    expect(chanceOf([265, 135])).toBeLessThan(ERROR_PROBABILITY);
    expect(chanceOf([50, 50, 50, 51])).toBeGreaterThan(0.99);
    expect(chanceOf([100, 40, 30, 30])).toBeLessThan(ERROR_PROBABILITY);
  });
});
