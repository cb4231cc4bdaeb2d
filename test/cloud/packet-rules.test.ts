import { describe, expect, it } from 'vitest';
import { packetRules } from '../../src/cloud/packet-rules.ts';
import { LOCAL, NAMES, WEB } from './services.ts';

const isUdp = ({ protocol }: { readonly protocol: string }) => protocol === 'UDP';

describe('the rules', () => {
  it('let source ranges in before anything else, and spread what HAProxy does not serve', () => {
    expect(packetRules([WEB, NAMES], { isPacketwise: isUdp, isUp: () => true })).toEqual({
      tool: 'iptables-restore',
      family: 4,
      text: `\
*mangle
-F PREROUTING
-A PREROUTING -d 203.0.113.3/32 -s 192.168.1.0/25 -m comment --comment "shop/names loadBalancerSourceRanges" -j RETURN
-A PREROUTING -d 203.0.113.3/32 -s 10.0.0.0/8 -m comment --comment "shop/names loadBalancerSourceRanges" -j RETURN
-A PREROUTING -d 203.0.113.3/32 -m comment --comment "shop/names loadBalancerSourceRanges" -j DROP
COMMIT
*nat
-F PREROUTING
-F POSTROUTING
-A PREROUTING -d 203.0.113.3/32 -p udp --dport 53 -m comment --comment "shop/names:dns" -m statistic --mode random --probability 0.5000000000 -j DNAT --to-destination 192.168.1.11:30053
-A PREROUTING -d 203.0.113.3/32 -p udp --dport 53 -m comment --comment "shop/names:dns" -j DNAT --to-destination 192.168.1.12:30053
-A POSTROUTING -m conntrack --ctstate DNAT -j MASQUERADE
COMMIT
`,
    });
  });

  const lines = (service: typeof WEB, isUp: (node: string) => boolean) => {
    const rules = packetRules([service], { isPacketwise: () => true, isUp: (_, { node }) => isUp(node) });
    const text = rules.tool === 'iptables-restore' ? rules.text : '';
    return text.split('\n').filter((line) => line.includes('-j DNAT'));
  };

  it('leave out a member that is down', () => {
    const rules = lines(WEB, (node) => node === 'node-2');
    expect(rules).toHaveLength(1);
    expect(rules[0]).toMatch(/"shop\/web:http" -j DNAT --to-destination 192\.168\.1\.12:30080$/);
  });

  it('try all when none seems healthy, but with policy Local nobody: no node has an endpoint then', () => {
    expect(lines(WEB, () => false)).toHaveLength(2);
    expect(lines(LOCAL, () => false)).toEqual([]);
  });
});
