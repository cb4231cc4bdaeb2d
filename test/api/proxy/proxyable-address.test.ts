import { expect, it } from 'vitest';
import { requireProxyable } from '../../../src/api/proxy/proxyable-address.ts';

it.each(['10.244.1.5', '192.168.1.11', 'fd00::5'])('%s may be led to', (ip) => {
  expect(() => requireProxyable(ip)).not.toThrow();
});

it.each([
  ...['', 'localhost', '127.0.0.1', '127.8.8.8', '0.0.0.0', '169.254.169.254', '224.0.0.1', '255.255.255.255'],
  ...['::', '::1', 'fe80::1', 'ff02::1', '::ffff:127.0.0.1'],
])('%s may not', (ip) => {
  expect(() => requireProxyable(ip)).toThrow('address not allowed');
});
