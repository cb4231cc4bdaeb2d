import { describe, expect, it } from 'vitest';
import { canonicalRule } from '../../../../src/proxy/backends/iptables/canonical-rule.ts';

const SEP = 'KUBE-SEP-3BGUPOGQJQJSR5B7';

describe('a rule as written and as iptables-save prints it', () => {
  it.each([
    [
      '-m comment --comment "ns/svc:p80 cluster IP" -m tcp -p tcp -d 10.96.0.7 --dport 80 -j KUBE-SVC-X',
      '-d 10.96.0.7/32 -p tcp -m comment --comment "ns/svc:p80 cluster IP" -m tcp --dport 80 -j KUBE-SVC-X',
    ],
    [
      `-m comment --comment ns/svc:p80 -m recent --name ${SEP} --set -m tcp -p tcp -j DNAT --to-destination 10.244.2.4:80`,
      `-p tcp -m comment --comment "ns/svc:p80" -m recent --set --name ${SEP} --mask 255.255.255.255 --rsource -m tcp -j DNAT --to-destination 10.244.2.4:80`,
    ],
    [
      `-m recent --name ${SEP} --rcheck --seconds 10800 --reap -j ${SEP}`,
      `-m recent --rcheck --seconds 10800 --reap --name ${SEP} --mask ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff --rsource -j ${SEP}`,
    ],
    [
      '-m statistic --mode random --probability 0.3333333333 -j X',
      '-m statistic --mode random --probability 0.33333333349 -j X',
    ],
    ['-j MARK --or-mark 0x00004000', '-j MARK --set-xmark 0x4000/0x4000'],
    ['-j MARK --xor-mark 0x4000', '-j MARK --set-xmark 0x4000/0x0'],
    ['-m mark ! --mark 0x00000001/0x00000001 -j RETURN', '-m mark ! --mark 0x1/0x1 -j RETURN'],
    ['-m mark --mark 0x80000000/0x80000000 -j ACCEPT', '-m mark --mark 0x80000000/0x80000000 -j ACCEPT'],
    [
      '-m udp -p udp -d fd00:96::0:7 --dport 53 -j REJECT',
      '-d fd00:96::7/128 -p udp -m udp --dport 53 -j REJECT --reject-with icmp6-port-unreachable',
    ],
    ['-s 10.244.7.9/16 -j X', '-s 10.244.0.0/16 -j X'],
    ['-m comment --comment "ns/svc" -s 0.0.0.0/0 -j X', '-m comment --comment "ns/svc" -j X'],
    ['-s ::/0 -j X', '-j X'],
    [
      '-m conntrack --ctstate INVALID -m nfacct --nfacct-name dropped -j DROP',
      '-m conntrack --ctstate INVALID -m nfacct --nfacct-name  dropped -j DROP',
    ],
    ['-m state --state NEW -j ACCEPT', '-m state --state NEW -j ACCEPT'],
    ['-m comment --comment "type \'hash ip:port\'" -j X', '-m comment --comment "type \\\'hash ip:port\\\'" -j X'],
    [
      '-s 10.1.2.3 -m ipvs --vaddr 10.1.2.3 --vproto sctp --vport 80 -j DROP',
      '-s 10.1.2.3/32 -m ipvs --vproto 132 --vaddr 10.1.2.3/32 --vport 80 -j DROP',
    ],
    ['-m sctp -p sctp --dport 80 -j X', '-p 132 -m sctp --dport 80 -j X'],
  ])('have one form: %s', (written, printed) => {
    expect(canonicalRule(printed)).toBe(canonicalRule(written));
  });
});

describe('rules that differ', () => {
  it.each([
    ['-s 10.0.0.0/8 -j X', '! -s 10.0.0.0/8 -j X'],
    ['! -s 0.0.0.0/0 -j X', '-j X'],
    ['-m mark --mark 0x4000/0x4000 -j X', '-m connmark --mark 0x4000/0x4000 -j X'],
    ['-j KUBE-SVC-X', '-g KUBE-SVC-X'],
    ['-j MASQUERADE --random-fully', '-j MASQUERADE'],
    ['-m recent --name A --set --rsource -j X', '-m recent --name A --set --rdest -j X'],
    ['-m recent --name A --set --mask 255.255.255.255 -j X', '-m recent --name A --set --mask 255.255.255.0 -j X'],
    ['-j REJECT', '-j REJECT --reject-with tcp-reset'],
    ['-j MARK --set-xmark 0x4000/0x4000', '-j MARK --set-xmark 0x4000/0xffffffff'],
    ['-s 10.0.0.1 -j X', '-d 10.0.0.1 -j X'],
    ['-s 10.0.0.1 -j X', '-s 10.0.0.1/31 -j X'],
    ['-m conntrack --ctstate NEW -j X', '-m conntrack ! --ctstate NEW -j X'],
  ])('have two: %s, %s', (one, other) => {
    expect(canonicalRule(one)).not.toBe(canonicalRule(other));
  });
});
