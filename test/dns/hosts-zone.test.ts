import { expect, it } from 'vitest';
import { HostsZone } from '../../src/dns/hosts-zone.ts';

const zone = new HostsZone(
  [
    { address: '192.168.1.23', names: ['db.example.com', 'db2.example.com'] },
    { address: 'fd00::23', names: ['db.example.com'] },
    { address: '192.168.1.24', names: ['db.example.com'] },
  ],
  60,
);

it.each<[string, string, string[] | undefined]>([
  ['db.example.com', 'A', ['192.168.1.23', '192.168.1.24']],
  ['DB.example.com', 'AAAA', ['fd00::23']],
  ['db2.example.com', 'AAAA', []],
  ['db.example.com', 'MX', []],
  ['example.com', 'A', []],
  ['other.example.com', 'A', undefined],
  ['23.1.168.192.in-addr.arpa', 'PTR', ['db.example.com']],
  ['23.1.168.192.in-addr.arpa', 'A', []],
  ['25.1.168.192.in-addr.arpa', 'PTR', undefined],
])('%s %s', (name, type, expected) => {
  expect(zone.answer(name, type)?.answers.map(({ data }) => data)).toEqual(expected);
});
