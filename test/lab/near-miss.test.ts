import { describe, expect, it } from 'vitest';
import { nearMiss } from '../../src/lab/near-miss.ts';

describe('near misses', () => {
  it.each([
    ['podSubent', 'podSubnet'],
    ['podsubnet', 'podSubnet'],
    ['nodess', 'nodes'],
    ['colour', undefined],
    ['x', undefined],
  ])('%s → %s', (word, expected) => {
    expect(nearMiss(word, ['podSubnet', 'serviceSubnet', 'nodes', 'hosts'])).toBe(expected);
  });
});
