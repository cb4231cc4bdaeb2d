import { describe, expect, it } from 'vitest';
import { originGuard, ownNames } from '../../../src/api/http/origin-guard.ts';
import { createServingCertificate } from '../../../src/api/tls/certificates.ts';

const names = ownNames(createServingCertificate(['control-plane', '192.168.1.10', 'fd00:0::1']).cert);
const guard = originGuard(names);

describe('the names of a server', () => {
  it('are those its certificate is good for', () => {
    expect(names).toEqual(expect.arrayContaining(['kubernetes.default.svc', 'control-plane', '192.168.1.10']));
    expect(names).toEqual(expect.arrayContaining(['localhost', '127.0.0.1', '::1', 'fd00::1']));
    expect(ownNames(undefined)).toEqual(['localhost', '127.0.0.1', '::1']);
  });

  it.each([
    '127.0.0.1:6443',
    '127.0.0.1',
    'localhost:1',
    'LOCALHOST',
    '[::1]:6443',
    '[0:0:0:0:0:0:0:1]',
    'kubernetes.',
  ])('Host %s is served', (host) => expect(() => guard({ host })).not.toThrow());

  it.each([
    'evil.example',
    'evil.example:6443',
    '127.0.0.1.evil.example',
    '0.0.0.0:6443',
    '',
    'a b',
    '127.0.0.1/x',
    'x@127.0.0.1',
    '127.0.0.1?a',
  ])('Host %j is refused', (host) => expect(() => guard({ host })).toThrow('does not go by the name'));

  it('a request needs a Host', () => expect(() => guard({})).toThrow('no Host header'));
});

describe('the origin of a request', () => {
  const host = 'localhost:6443';

  it.each([{ origin: 'https://localhost:6443' }, { 'sec-fetch-site': 'same-origin' }, { 'sec-fetch-site': 'none' }])(
    '%j is served',
    (headers) => expect(() => guard({ host, ...headers })).not.toThrow(),
  );

  it.each([
    { origin: 'https://evil.example' },
    { origin: 'https://localhost:3000' },
    { origin: 'https://127.0.0.1:6443' },
    { origin: 'null' },
    { origin: 'https://localhost:6443.evil.example' },
    { 'sec-fetch-site': 'cross-site' },
    { 'sec-fetch-site': 'same-site', origin: 'https://localhost:6443' },
  ])('%j is refused', (headers) => expect(() => guard({ host, ...headers })).toThrow('other origins are not served'));
});
