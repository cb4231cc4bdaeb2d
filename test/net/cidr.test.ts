import { describe, expect, it } from 'vitest';
import {
  cidrContains,
  cidrOf,
  cidrSize,
  cidrsOverlap,
  formatCidr,
  networkAddress,
  nthAddress,
  nthSubnet,
  parseCidr,
} from '../../src/net/cidr.ts';
import { parseIp } from '../../src/net/ip.ts';

describe('CIDR blocks', () => {
  it.each([
    ['10.244.1.7/24', '10.244.1.0/24'],
    ['0.0.0.0/0', '0.0.0.0/0'],
    ['192.168.1.1/32', '192.168.1.1/32'],
    ['fd00:10:244::5/64', 'fd00:10:244::/64'],
  ])('reads %s as %s', (text, expected) => {
    expect(formatCidr(cidrOf(text))).toBe(expected);
  });

  it.each(['10.0.0.0', '10.0.0.0/33', '10.0.0.0/', '10.0.0.0/01', '::/129', '10.0.0/8', '/8'])('refuses %j', (text) => {
    expect(parseCidr(text)).toBeUndefined();
    expect(() => cidrOf(text)).toThrow(`not an address block: ${text}`);
  });

  it('says which addresses lie in a block', () => {
    const contains = (cidr: string, ip: string) => cidrContains(cidrOf(cidr), parseIp(ip)!);
    expect(contains('10.96.0.0/12', '10.111.255.255')).toBe(true);
    expect(contains('10.96.0.0/12', '10.112.0.0')).toBe(false);
    expect(contains('10.96.0.0/12', '10.95.255.255')).toBe(false);
    expect(contains('::/0', '10.0.0.1')).toBe(false);
    expect(contains('fd00::/8', 'fdff::1')).toBe(true);
  });

  it('says which blocks overlap', () => {
    const overlap = (a: string, b: string) => cidrsOverlap(cidrOf(a), cidrOf(b));
    expect(overlap('10.244.0.0/16', '10.244.3.0/24')).toBe(true);
    expect(overlap('10.244.3.0/24', '10.244.0.0/16')).toBe(true);
    expect(overlap('10.244.0.0/16', '10.245.0.0/16')).toBe(false);
    expect(overlap('0.0.0.0/0', '::/0')).toBe(false);
  });

  it('counts addresses and sub-blocks', () => {
    const pods = cidrOf('10.244.0.0/16');
    expect(cidrSize(pods)).toBe(65536n);
    expect(nthAddress(pods, 1)).toBe('10.244.0.1');
    expect(nthAddress(pods, -1)).toBe('10.244.255.255');
    expect(nthAddress(cidrOf('10.96.0.0/12'), 10)).toBe('10.96.0.10');
    expect(formatCidr(nthSubnet(pods, 24, 2))).toBe('10.244.2.0/24');
    expect(networkAddress(nthSubnet(cidrOf('fd00:10:244::/56'), 64, 3))).toBe('fd00:10:244:3::');
    expect(() => nthAddress(pods, 65536)).toThrow('10.244.0.0/16 has no address number 65536');
    expect(() => nthSubnet(pods, 24, 256)).toThrow('10.244.0.0/16 has no /24 number 256');
    expect(() => nthSubnet(pods, 8, 0)).toThrow('has no /8 number 0');
  });
});
