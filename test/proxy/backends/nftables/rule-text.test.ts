import { describe, expect, it } from 'vitest';
import { observeTable } from '../../../../src/proxy/backends/nftables/listing.ts';
import { listedForm, writtenForm } from '../../../../src/proxy/backends/nftables/rule-text.ts';
import { ruleJson } from './rule-json.ts';

const DADDR = { payload: { protocol: 'ip', field: 'daddr' } };
const SADDR6 = { payload: { protocol: 'ip6', field: 'saddr' } };
const MARK = { meta: { key: 'mark' } };
const prefix = (addr: string, len: number) => ({ prefix: { addr, len } });

describe('a rule as written and as nft lists it', () => {
  it.each([
    ['jump services'],
    ['ct state new jump firewall-check'],
    ['ip daddr . meta l4proto . th dport vmap @service-ips'],
    ['fib daddr type local ip daddr != 127.0.0.0/8 meta l4proto . th dport vmap @service-nodeports'],
    ['ip daddr @cluster-ips ip saddr != 10.244.0.0/16 mark set mark or 0x4000 comment "masquerade"'],
    ['mark and 0x4000 != 0 mark set mark xor 0x4000 masquerade fully-random'],
    ['iifname != "veth*" goto service-ABC-ns/svc/tcp/p80'],
    ['update @affinity-ABC-ns/svc/tcp/p80__10.244.2.2/80 { ip saddr }'],
    ['meta l4proto tcp dnat to [fd00:244::2]:80'],
    ['meta l4proto udp dnat ip addr . port to numgen random mod 2 map { 0 : 10.244.1.3 . 80 , 1 : 10.244.2.2 . 80 }'],
    ['numgen random mod 2 vmap { 0 : goto endpoint-A , 1 : goto endpoint-B }'],
    ['ip saddr != { 203.0.113.0/24, 198.51.100.7 } drop'],
  ])('have one form: %s', (rule) => {
    expect(listedForm(ruleJson(rule))).toBe(writtenForm(rule));
  });

  it.each<[string, string, object[]]>([
    [
      'a set of one block',
      'ip daddr { 10.96.0.0/12 } drop',
      [{ match: { op: '==', left: DADDR, right: prefix('10.96.0.0', 12) } }, { drop: null }],
    ],
    [
      'one address',
      'ip daddr { 10.96.0.1/32 } drop',
      [{ match: { op: '==', left: DADDR, right: '10.96.0.1' } }, { drop: null }],
    ],
    [
      'bits behind a prefix',
      'ip daddr 10.96.7.7/12 drop',
      [{ match: { op: '==', left: DADDR, right: prefix('10.96.0.0', 12) } }, { drop: null }],
    ],
    [
      'neighbours as a range',
      'ip6 saddr { fd00:1::/64, fd00:1:0:1::/64, fd00:9::/64 } drop',
      [
        {
          match: {
            op: '==',
            left: SADDR6,
            right: { set: [{ range: ['fd00:1::', 'fd00:1:0:1:ffff:ffff:ffff:ffff'] }, prefix('fd00:9::', 64)] },
          },
        },
        { drop: null },
      ],
    ],
    [
      'the highest bit as a prefix',
      'mark and 0x80000000 != 0 drop',
      [{ match: { op: '!=', left: MARK, right: { prefix: { addr: 0, len: 1 } } } }, { drop: null }],
    ],
    ['a refusal in its own words', 'reject', [{ reject: { type: 'icmpv6', expr: 'port-unreachable' } }]],
  ])('have one form though nft lists %s', (_, written, expr) => {
    expect(listedForm({ expr: expr as never })).toBe(writtenForm(written));
  });

  it.each<[string, object[]]>([
    ['jump services', [{ goto: { target: 'services' } }]],
    ['jump services', [{ counter: { packets: 0, bytes: 0 } }, { jump: { target: 'services' } }]],
    ['reject', [{ reject: { type: 'tcp reset' } }]],
    ['masquerade fully-random', [{ masquerade: null }]],
    ['ip daddr 10.96.0.1 drop', [{ match: { op: '!=', left: DADDR, right: '10.96.0.1' } }, { drop: null }]],
    [
      'ip daddr { 10.96.0.0/12 } drop',
      [{ match: { op: '==', left: DADDR, right: prefix('10.96.0.0', 13) } }, { drop: null }],
    ],
  ])('have two where they differ: %s', (written, expr) => {
    expect(listedForm({ expr: expr as never })).not.toBe(writtenForm(written));
  });
});

describe('observeTable', () => {
  it('knows a table at rest, though nft ends there in the middle of its words', () => {
    const listing = '{"nftables": [{"table": {"family": "ip", "name": "kube-proxy", "handle": 1, "flags": ';
    expect(observeTable(listing)).toMatchObject({ exists: true, isAtRest: true });
    expect(() => observeTable('{"nftables": [{"table": ')).toThrow(SyntaxError);
  });
});
