import { isIPv4, isIPv6 } from 'node:net';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { formatIp, isIp, parseIp } from '../../src/net/ip.ts';

const canonical = (text: string) => {
  const ip = parseIp(text);
  return ip === undefined ? undefined : formatIp(ip);
};

describe('parseIp and formatIp', () => {
  it.each([
    ['192.168.1.10', '192.168.1.10'],
    ['0.0.0.0', '0.0.0.0'],
    ['255.255.255.255', '255.255.255.255'],
    ['::', '::'],
    ['::1', '::1'],
    ['1::', '1::'],
    ['FD00:0:0:1::1', 'fd00:0:0:1::1'],
    ['2001:db8:0:0:1:0:0:1', '2001:db8::1:0:0:1'],
    ['2001:db8:0:1:1:1:1:1', '2001:db8:0:1:1:1:1:1'],
    ['::ffff:10.0.0.1', '::ffff:10.0.0.1'],
    ['64:ff9b::192.0.2.33', '64:ff9b::c000:221'],
    ['1:2:3:4:5:6:7::', '1:2:3:4:5:6:7:0'],
  ])('reads %s as %s', (text, expected) => {
    expect(canonical(text)).toBe(expected);
  });

  it.each([
    '',
    '1.2.3',
    '1.2.3.4.5',
    '01.2.3.4',
    '1.2.3.256',
    '1.2.3.-1',
    '1.2.3.4 ',
    '1:2:3:4:5:6:7',
    '1:2:3:4:5:6:7:8:9',
    '1::2::3',
    ':::',
    'fe80::1%eth0',
    '12345::',
    '1:2:3:4:5:6:7:8::',
    '::1.2.3.4:5',
  ])('refuses %j', (text) => {
    expect(parseIp(text)).toBeUndefined();
  });

  it('agrees with Node on what is an address', () => {
    const fragment = fc.constantFrom('0', '1', 'ff', 'abcd', '255', '256', ':', '::', '.', '1.2.3.4', 'g');
    fc.assert(
      fc.property(fc.array(fragment, { maxLength: 16 }), (parts) => {
        const text = parts.join('');
        expect(isIp(text, 4)).toBe(isIPv4(text));
        expect(isIp(text, 6)).toBe(isIPv6(text));
      }),
      { numRuns: 2000 },
    );
  });

  it('reads back what it writes, for every IPv6 address', () => {
    fc.assert(
      fc.property(fc.bigInt({ min: 0n, max: (1n << 128n) - 1n }), (value) => {
        expect(parseIp(formatIp({ family: 6, value }))).toEqual({ family: 6, value });
      }),
    );
  });
});
