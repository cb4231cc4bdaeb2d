import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { AddressesExhausted, HostLocalPool, HostLocalPools } from '../../src/cni/host-local.ts';

describe('HostLocalPool', () => {
  it('starts behind the gateway and goes on behind the last, also after a release', () => {
    const pool = new HostLocalPool('10.244.1.0/24');
    expect(pool.gateway).toBe('10.244.1.1');
    expect([pool.allocate(), pool.allocate(), pool.allocate()]).toEqual(['10.244.1.2', '10.244.1.3', '10.244.1.4']);
    pool.release('10.244.1.3');
    expect(pool.allocate()).toBe('10.244.1.5');
  });

  it('goes round, gives every host address but the gateway once, then says in the plugin’s words that it is empty', () => {
    const pool = new HostLocalPool('10.244.1.0/29');
    expect(Array.from({ length: 5 }, () => pool.allocate())).toEqual([
      '10.244.1.2',
      '10.244.1.3',
      '10.244.1.4',
      '10.244.1.5',
      '10.244.1.6',
    ]);
    expect(() => pool.allocate()).toThrow(AddressesExhausted);
    expect(() => pool.allocate()).toThrow('no IP addresses available in range set: 10.244.1.1-10.244.1.6');
    pool.release('10.244.1.4');
    expect(pool.allocate()).toBe('10.244.1.4');
  });

  it('takes over what it is told is in use', () => {
    const pool = new HostLocalPool('10.244.1.0/24');
    expect(pool.reserve('10.244.1.9')).toBe(true);
    expect(pool.reserve('10.244.1.9')).toBe(false);
    for (const foreign of ['10.244.2.9', '10.244.1.0', '10.244.1.1', '10.244.1.255', 'fd00::1', 'none'])
      expect(pool.reserve(foreign)).toBe(false);
    expect(pool.allocate()).toBe('10.244.1.10');
    expect(pool.size).toBe(2);
  });

  it('never gives an address twice', () => {
    const step = fc.oneof(fc.constant('allocate'), fc.nat({ max: 13 }));
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
        const pool = new HostLocalPool('10.0.0.0/28');
        const held = new Set<string>();
        for (const each of steps) {
          if (typeof each === 'number') {
            const address = [...held][each % Math.max(held.size, 1)];
            if (address === undefined) continue;
            pool.release(address);
            held.delete(address);
          } else if (held.size < 13) {
            const address = pool.allocate();
            expect(held.has(address)).toBe(false);
            held.add(address);
          }
        }
        expect(pool.size).toBe(held.size);
      }),
    );
  });

  it('refuses a block without room, and has room in an IPv6 block', () => {
    expect(() => new HostLocalPool('10.0.0.0/31')).toThrow('10.0.0.0/31 has no room for pods');
    expect(new HostLocalPool('fd00:10:244:1::/64').allocate()).toBe('fd00:10:244:1::2');
  });
});

describe('addresses of several blocks', () => {
  const blocks = ['10.244.1.0/30', 'fd00:10:244:1::/64'];

  it('are one of each, in the blocks’ order; when one block is full nothing is taken of the other', () => {
    const pools = new HostLocalPools(blocks);
    expect(pools.allocate()).toEqual(['10.244.1.2', 'fd00:10:244:1::2']);
    expect(() => pools.allocate()).toThrow('no IP addresses available in range set: 10.244.1.1-10.244.1.2');
    pools.release(['10.244.1.2', 'fd00:10:244:1::2']);
    expect(pools.allocate()).toEqual(['10.244.1.2', 'fd00:10:244:1::3']);
  });

  it('are reserved together or not at all', () => {
    const pools = new HostLocalPools(blocks);
    expect(pools.reserve(['10.244.1.2'])).toBeUndefined();
    expect(pools.reserve(['fd00:10:244:1::9', '10.244.1.2'])).toEqual(['10.244.1.2', 'fd00:10:244:1::9']);
    expect(pools.reserve(['fd00:10:244:1::9', '10.244.1.2'])).toBeUndefined();
  });
});
