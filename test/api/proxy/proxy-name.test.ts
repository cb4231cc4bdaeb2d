import { expect, it } from 'vitest';
import { parseProxyName } from '../../../src/api/proxy/proxy-name.ts';

it.each([
  ['web', { scheme: undefined, name: 'web', port: '' }],
  ['web:8080', { scheme: undefined, name: 'web', port: '8080' }],
  ['web:metrics', { scheme: undefined, name: 'web', port: 'metrics' }],
  ['https:web:', { scheme: 'https', name: 'web', port: '' }],
  ['http:web:80', { scheme: 'http', name: 'web', port: '80' }],
  [':web:80', { scheme: undefined, name: 'web', port: '80' }],
  ['', undefined],
  [':80', undefined],
  ['ftp:web:80', undefined],
  ['http:web:80:1', undefined],
])('%s', (text, name) => {
  expect(parseProxyName(text)).toEqual(name);
});
