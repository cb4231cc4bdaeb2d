import { describe, expect, it } from 'vitest';
import { chooseAddress, isOurs } from '../../src/cloud/address-pool.ts';

const BLOCKS = ['203.0.113.0/29', '198.51.100.4/31'];
const owned =
  (owners: Record<string, string> = {}) =>
  (address: string) =>
    owners[address];

describe('choosing an address', () => {
  it('takes the lowest free one, without a network’s first and last', () => {
    expect(chooseAddress(BLOCKS, owned(), {})).toBe('203.0.113.1');
    expect(chooseAddress(BLOCKS, owned({ '203.0.113.1': 'a/a', '203.0.113.3': 'a/c' }), {})).toBe('203.0.113.2');
  });

  it('goes on in the next block, and says when there is none left', () => {
    const first = Object.fromEntries([1, 2, 3, 4, 5, 6].map((last) => [`203.0.113.${last}`, 'a/a']));
    expect(chooseAddress(BLOCKS, owned(first), {})).toBe('198.51.100.4');
    const all = { ...first, '198.51.100.4': 'a/b', '198.51.100.5': 'a/c' };
    expect(() => chooseAddress(BLOCKS, owned(all), {})).toThrow(
      'no address of 203.0.113.0/29, 198.51.100.4/31 is free',
    );
  });

  it('keeps the address there is, unless it is another’s or none of ours', () => {
    expect(chooseAddress(BLOCKS, owned(), { current: '203.0.113.5' })).toBe('203.0.113.5');
    expect(chooseAddress(BLOCKS, owned({ '203.0.113.5': 'a/a' }), { current: '203.0.113.5' })).toBe('203.0.113.1');
    expect(chooseAddress(BLOCKS, owned(), { current: '192.168.1.210' })).toBe('203.0.113.1');
  });

  it('gives what is asked for, before what there is', () => {
    expect(chooseAddress(BLOCKS, owned(), { wanted: '203.0.113.6', current: '203.0.113.1' })).toBe('203.0.113.6');
    expect(chooseAddress(BLOCKS, owned(), { wanted: '', current: '203.0.113.2' })).toBe('203.0.113.2');
  });

  it.each([
    ['8.8.8.8', 'the requested address 8.8.8.8 is not among the addresses 203.0.113.0/29, 198.51.100.4/31'],
    ['203.0.113.4', 'the requested address 203.0.113.4 is in use by shop/web'],
    ['web.example', 'the requested address "web.example" is no IP address'],
  ])('refuses %s with the reason', (wanted, reason) => {
    expect(() => chooseAddress(BLOCKS, owned({ '203.0.113.4': 'shop/web' }), { wanted })).toThrow(reason);
  });

  it('knows its own', () => {
    expect(['203.0.113.7', '203.0.113.8', 'x'].map((address) => isOurs(BLOCKS, address))).toEqual([true, false, false]);
  });
});
