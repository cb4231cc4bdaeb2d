import { describe, expect, it } from 'vitest';
import { canonicalQuantity, nanoValue, quantityValue } from '../../src/objects/quantity.ts';

describe('quantities', () => {
  it.each<[string | number, string | undefined]>([
    ['1', '1'],
    [1, '1'],
    [0.5, '500m'],
    ['0', '0'],
    ['0Mi', '0'],
    ['1000m', '1'],
    ['1500m', '1500m'],
    ['1.5', '1500m'],
    ['1000', '1k'],
    ['1024', '1024'],
    ['1024Ki', '1Mi'],
    ['1.5Gi', '1536Mi'],
    ['1e3', '1e3'],
    ['100e3', '100e3'],
    ['-100m', '-100m'],
    ['128974848', '128974848'],
    ['0.0000000001', '1n'],
    ['.5', '500m'],
    ['', undefined],
    ['1 Gi', undefined],
    ['1gi', undefined],
    ['much', undefined],
    ['1e999', undefined],
  ])('%j is %j', (text, canonical) => {
    expect(canonicalQuantity(text)).toBe(canonical);
  });

  it('compare by value', () => {
    expect(nanoValue('1Gi')).toBe(nanoValue('1024Mi'));
    expect(nanoValue('1')! > nanoValue('999m')!).toBe(true);
  });
});

describe('quantities as numbers', () => {
  it.each([
    ['1', 1],
    ['100m', 0.1],
    ['1.5', 1.5],
    ['.5', 0.5],
    ['64Mi', 64 * 2 ** 20],
    ['1k', 1000],
    ['2Gi', 2 ** 31],
    ['1e3', 1000],
    ['12E', 12e18],
    ['', 0],
    [undefined, 0],
    ['many', 0],
  ])('%s is %d', (text, value) => {
    expect(quantityValue(text)).toBeCloseTo(value, 9);
  });
});
