import { describe, expect, it } from 'vitest';
import { hostPort, unmapped, wildcardFor } from '../../src/net/host-port.ts';

describe('addresses with ports', () => {
  it.each([
    ['10.244.1.2', 80, '10.244.1.2:80'],
    ['fd00:10:244:1::2', 80, '[fd00:10:244:1::2]:80'],
    ['web.default.svc', 8080, 'web.default.svc:8080'],
  ])('%s, %i → %s', (host, port, text) => expect(hostPort(host, port)).toBe(text));

  it('servers of places with IPv6 listen on both families', () => {
    expect(wildcardFor(['10.244.1.2'])).toBe('0.0.0.0');
    expect(wildcardFor(['10.244.1.2', 'fd00:10:244:1::2'])).toBe('::');
    expect(wildcardFor(['fd00:10:244:1::2'])).toBe('::');
  });

  it.each([
    ['::ffff:10.244.1.2', '10.244.1.2'],
    ['::FFFF:10.244.1.2', '10.244.1.2'],
    ['10.244.1.2', '10.244.1.2'],
    ['fd00::ffff:10.244.1.2', 'fd00::ffff:10.244.1.2'],
    ['::1', '::1'],
  ])('a client seen as %s is %s', (seen, address) => expect(unmapped(seen)).toBe(address));
});
