import { describe, expect, it } from 'vitest';
import { flow, type Outcome, type Packet } from './packet-flow.ts';
import { RuleModel } from './rule-model.ts';

// The evaluator against rule sets made by hand: what it says must be what iptables' manual says.

const WORLD = { addresses: ['192.168.1.11'] };
const FROM_POD: Packet = { source: '10.244.1.2', destination: '10.96.0.1', port: 80, device: 'cni0' };

function rules(table: string, ...lines: string[]): string {
  return `*${table}\n${lines.join('\n')}\nCOMMIT\n`;
}

function outcomes(text: string, packet: Packet = FROM_POD, recent?: Map<string, Set<string>>): Outcome[] {
  const model = new RuleModel();
  model.restore(text);
  return flow(model, packet, { ...WORLD, ...(recent === undefined ? {} : { recent }) });
}

describe('the packet-flow evaluator', () => {
  it('lets a packet pass where no rule takes it', () => {
    expect(outcomes('')).toEqual([{ verdict: 'ACCEPT', destination: '10.96.0.1:80', isMasqueraded: false, chance: 1 }]);
  });

  it('returns from a chain to the rule after the jump', () => {
    const text = rules(
      'filter',
      ':A - [0:0]',
      '-A A -j RETURN',
      '-A A -j DROP',
      '-A FORWARD -j A',
      '-A FORWARD -j REJECT',
    );
    expect(outcomes(text)[0]?.verdict).toBe('REJECT');
  });

  it('routes to INPUT, FORWARD or OUTPUT by where the packet comes from and goes', () => {
    const text = rules('filter', '-A INPUT -j DROP', '-A OUTPUT -j REJECT');
    expect(outcomes(text, { ...FROM_POD, destination: '192.168.1.11' })[0]?.verdict).toBe('DROP');
    expect(outcomes(text)[0]?.verdict).toBe('ACCEPT');
    const { device: _device, ...fromNode } = FROM_POD;
    expect(outcomes(text, fromNode)[0]?.verdict).toBe('REJECT');
  });

  it('decides the route after DNAT, and filters on the new destination', () => {
    const text =
      rules('nat', '-A PREROUTING -d 10.96.0.1 -p tcp --dport 80 -j DNAT --to-destination 10.244.2.2:8080') +
      rules('filter', '-A FORWARD -d 10.96.0.1 -j DROP', '-A FORWARD -d 10.244.2.0/24 -p tcp --dport 8080 -j REJECT');
    expect(outcomes(text)).toEqual([
      { verdict: 'REJECT', destination: '10.244.2.2:8080', isMasqueraded: false, chance: 1 },
    ]);
  });

  it('follows both ways of a random rule', () => {
    const text = rules(
      'nat',
      '-A PREROUTING -p tcp -m statistic --mode random --probability 0.2500000000 -j DNAT --to-destination 10.244.1.2:80',
      '-A PREROUTING -p tcp -j DNAT --to-destination 10.244.2.2:80',
    );
    expect(outcomes(text).map(({ destination, chance }) => [destination, chance])).toEqual([
      ['10.244.1.2:80', 0.25],
      ['10.244.2.2:80', 0.75],
    ]);
  });

  it('masquerades by a mark, set and cleared', () => {
    const post = ['-A POSTROUTING -m mark ! --mark 0x4000/0x4000 -j RETURN', '-A POSTROUTING -j MASQUERADE'];
    expect(outcomes(rules('nat', '-A PREROUTING -j MARK --or-mark 0x4000', ...post))[0]?.isMasqueraded).toBe(true);
    expect(outcomes(rules('nat', ...post))[0]?.isMasqueraded).toBe(false);
    const cleared = ['-A PREROUTING -j MARK --or-mark 0x4000', '-A PREROUTING -j MARK --xor-mark 0x4000', ...post];
    expect(outcomes(rules('nat', ...cleared))[0]?.isMasqueraded).toBe(false);
  });

  it('negates the one match that follows the mark of exclamation', () => {
    expect(outcomes(rules('filter', '-A FORWARD ! -s 10.244.0.0/16 -j DROP'))[0]?.verdict).toBe('ACCEPT');
    expect(outcomes(rules('filter', '-A FORWARD ! -s 10.245.0.0/16 -d 10.96.0.1 -j DROP'))[0]?.verdict).toBe('DROP');
  });

  it('knows local addresses, connection states and recent clients', () => {
    expect(outcomes(rules('filter', '-A FORWARD -m addrtype --src-type LOCAL -j DROP'))[0]?.verdict).toBe('ACCEPT');
    expect(outcomes(rules('filter', '-A FORWARD -m conntrack --ctstate ESTABLISHED -j DROP'))[0]?.verdict).toBe(
      'ACCEPT',
    );
    expect(outcomes(rules('filter', '-A FORWARD -m conntrack --ctstate NEW -j DROP'))[0]?.verdict).toBe('DROP');
    const sticky = rules('filter', '-A FORWARD -m recent --name R --rcheck --seconds 60 --reap -j DROP');
    expect(outcomes(sticky)[0]?.verdict).toBe('ACCEPT');
    expect(outcomes(sticky, FROM_POD, new Map([['R', new Set(['10.244.1.2'])]]))[0]?.verdict).toBe('DROP');
  });

  it('refuses what it does not know', () => {
    expect(() => outcomes(rules('filter', '-A FORWARD --tcp-flags SYN SYN -j DROP'))).toThrow(
      'unknown option --tcp-flags',
    );
  });
});

describe('the rule model', () => {
  const model = () => {
    const fresh = new RuleModel();
    fresh.restore('*nat\n:A - [0:0]\n:B - [0:0]\n-A A -j B\nCOMMIT\n');
    return fresh;
  };

  it.each([
    ['*nat\n-X B\nCOMMIT\n', 'still jumps to it'],
    ['*nat\n-X A\nCOMMIT\n', 'not empty'],
    ['*nat\n-D A -j C\nCOMMIT\n', 'no such rule'],
    ['*nat\n-A C -j DROP\nCOMMIT\n', 'no such chain'],
    ['*nat\n-A A -j C\nCOMMIT\n', 'does not exist'],
    ['*nat\n:A - [0:0]\n', 'without COMMIT'],
  ])('refuses %j as the kernel does, and changes nothing', (text, message) => {
    const tables = model();
    const before = tables.dump();
    expect(() => tables.restore(text)).toThrow(message);
    expect(tables.dump()).toBe(before);
  });

  it('flushes a chain by its chain line', () => {
    const tables = model();
    tables.restore('*nat\n:A - [0:0]\n:B - [0:0]\n-X B\nCOMMIT\n');
    expect(tables.rulesOf('nat', 'A')).toEqual([]);
    expect(() => tables.rulesOf('nat', 'B')).toThrow('no chain');
  });
});
