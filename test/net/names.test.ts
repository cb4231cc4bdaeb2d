import { describe, expect, it } from 'vitest';
import { interfaceName, podVethName } from '../../src/net/interface-name.ts';
import { isMac, macOfIp, macOfName } from '../../src/net/mac.ts';

describe('MAC addresses', () => {
  it('carry the IPv4 address', () => {
    expect(macOfIp('10.244.1.1')).toBe('0a:58:0a:f4:01:01');
  });

  it('of names are unicast, locally administered and stable', () => {
    for (const name of ['node-1', 'node-2', 'fd00::1']) {
      const first = Number.parseInt(macOfName(name).slice(0, 2), 16);
      expect(first & 3).toBe(2);
      expect(isMac(macOfName(name))).toBe(true);
      expect(macOfName(name)).toBe(macOfName(name));
    }
    expect(macOfName('node-1')).not.toBe(macOfName('node-2'));
    expect(macOfIp('fd00::1')).toBe(macOfName('fd00::1'));
    expect(() => macOfIp('node-1')).toThrow('not an IP address: node-1');
  });
});

describe('interface names', () => {
  it('stay as they are up to 15 characters and are hashed beyond', () => {
    expect(interfaceName('control-plane')).toBe('control-plane');
    expect(interfaceName('fifteen-letters')).toBe('fifteen-letters');
    const long = interfaceName('a-node-with-a-long-name');
    expect(long).toMatch(/^a-node-[0-9a-f]{8}$/);
    expect(long).not.toBe(interfaceName('a-node-with-a-long-nam3'));
  });

  it('of pods are `veth` and eight hexadecimal digits', () => {
    expect(podVethName('default/web-0')).toMatch(/^veth[0-9a-f]{8}$/);
    expect(podVethName('default/web-0')).not.toBe(podVethName('default/web-1'));
  });
});
