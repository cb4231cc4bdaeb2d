import { describe, expect, it } from 'vitest';
import type { Outcome, Packet } from '../iptables/packet-flow.ts';
import { flow } from './packet-flow.ts';
import { TableModel } from './table-model.ts';

// The evaluator and the model against tables made by hand: what they say must be what nft's manual says.

const WORLD = { addresses: ['192.168.1.11'] };
const FROM_POD: Packet = { source: '10.244.1.2', destination: '10.96.0.1', port: 80, device: 'cni0' };

const HOOKS = [
  ['pre', 'filter', 'prerouting', -110],
  ['nat', 'nat', 'prerouting', -100],
  ['in', 'filter', 'input', 0],
  ['forward', 'filter', 'forward', 0],
  ['out', 'filter', 'output', 0],
  ['post', 'nat', 'postrouting', 100],
] as const;

/** A table with a base chain per hook; a line is `CHAIN RULE`. */
function table(lines: readonly string[], more: readonly string[] = []): TableModel {
  const model = new TableModel();
  model.apply(
    [
      'add table ip kube-proxy { comment "x" ; }',
      ...HOOKS.map(
        ([name, type, hook, priority]) =>
          `add chain ip kube-proxy ${name} { type ${type} hook ${hook} priority ${priority} ; }`,
      ),
      ...more.map((line) => line.replace(/^(\w+ \w+) /, '$1 ip kube-proxy ')),
      ...lines.map((line) => `add rule ip kube-proxy ${line}`),
    ].join('\n'),
  );
  return model;
}

function outcomes(lines: readonly string[], more: readonly string[] = [], packet = FROM_POD): Outcome[] {
  return flow(table(lines, more).table(), packet, WORLD);
}

describe('the packet-flow evaluator', () => {
  it('lets a packet pass where no rule takes it', () => {
    expect(outcomes([])).toEqual([{ verdict: 'ACCEPT', destination: '10.96.0.1:80', isMasqueraded: false, chance: 1 }]);
  });

  it('comes back from a jump, and not from a goto', () => {
    const more = ['add chain a', 'add chain b'];
    expect(outcomes(['forward jump a', 'forward drop', 'a goto b'], more)[0]?.verdict).toBe('DROP');
    expect(outcomes(['forward goto a', 'forward drop'], more)[0]?.verdict).toBe('ACCEPT');
  });

  it('takes chains of a hook by priority, and routes by what DNAT made of the destination', () => {
    expect(outcomes(['nat dnat to 10.244.2.2:8080', 'pre ip daddr 10.96.0.1 drop'])[0]?.verdict).toBe('DROP');
    const lines = ['nat dnat to 10.244.2.2:8080', 'forward ip daddr 10.244.2.2 reject'];
    expect(outcomes(lines)[0]).toMatchObject({ verdict: 'REJECT', destination: '10.244.2.2:8080' });
    const { device: _device, ...own } = FROM_POD;
    expect(outcomes(['out drop'], [], own)[0]?.verdict).toBe('DROP');
    expect(outcomes(['in drop'], [], { ...FROM_POD, destination: '192.168.1.11' })[0]?.verdict).toBe('DROP');
  });

  it('rolls dice', () => {
    const map = 'nat dnat ip addr . port to numgen random mod 2 map { 0 : 10.0.0.1 . 1 , 1 : 10.0.0.2 . 2 }';
    expect(outcomes([map]).map(({ destination, chance }) => [destination, chance])).toEqual([
      ['10.0.0.1:1', 0.5],
      ['10.0.0.2:2', 0.5],
    ]);
    const vmap = 'forward numgen random mod 2 vmap { 0 : goto a , 1 : goto b }';
    const ways = outcomes([vmap, 'a drop'], ['add chain a', 'add chain b']);
    expect(ways.map(({ verdict }) => verdict)).toEqual(['DROP', 'ACCEPT']);
  });

  it('looks into sets, maps and lists', () => {
    const set = ['add set s { type ipv4_addr ; }', 'add element s { 10.96.0.1 }'];
    expect(outcomes(['forward ip daddr @s drop'], set)[0]?.verdict).toBe('DROP');
    expect(outcomes(['forward ip saddr @s drop'], set)[0]?.verdict).toBe('ACCEPT');
    const map = ['add map m { type x : verdict ; }', 'add element m { 10.96.0.1 . tcp . 80 comment "c" : drop }'];
    expect(outcomes(['forward ip daddr . meta l4proto . th dport vmap @m'], map)[0]?.verdict).toBe('DROP');
    expect(outcomes(['forward ip saddr != { 10.244.0.0/16, 1.2.3.4 } drop'])[0]?.verdict).toBe('ACCEPT');
    expect(outcomes(['forward ip saddr != { 10.245.0.0/16, 1.2.3.4 } drop'])[0]?.verdict).toBe('DROP');
  });

  it('masquerades by a mark', () => {
    const masquerade = 'post mark and 0x4000 != 0 mark set mark xor 0x4000 masquerade fully-random';
    expect(outcomes(['nat mark set mark or 0x4000', masquerade])[0]?.isMasqueraded).toBe(true);
    expect(outcomes([masquerade])[0]?.isMasqueraded).toBe(false);
  });

  it('refuses what it does not know', () => {
    expect(() => outcomes(['forward tcp flags syn drop'])).toThrow('unknown words: tcp flags');
  });
});

describe('the table model', () => {
  const MORE = [
    'add chain a',
    'add map m { type x : verdict ; }',
    'add element m { 1 : goto a }',
    'add set s { type ipv4_addr ; }',
  ];

  it.each([
    ['delete chain ip kube-proxy a', 'an element goes to it'],
    ['delete set ip kube-proxy s', 'a rule looks into it'],
    ['add element ip kube-proxy m { 1 : drop }', 'the element stands'],
    ['add element ip kube-proxy m { 2 : goto b }', 'no such chain'],
    ['delete element ip kube-proxy m { 2 }', 'no such element'],
    ['add rule ip kube-proxy b drop', 'no such chain'],
    ['add rule ip kube-proxy a goto b', 'goes nowhere'],
    ['add set ip kube-proxy s { type ipv6_addr ; }', 'another declaration'],
    ['add chain ip kube-proxy in { type filter hook input priority 5 ; }', 'another hook'],
    ['delete table ip6 kube-proxy', 'no such table'],
    ['list ruleset', 'unknown line'],
  ])('refuses %j as the kernel does, and changes nothing', (line, message) => {
    const model = table(['forward ip saddr @s drop'], MORE);
    const before = model.dump();
    expect(() => model.apply(`add chain ip kube-proxy more\n${line}\n`)).toThrow(message);
    expect(model.dump()).toBe(before);
  });
});
