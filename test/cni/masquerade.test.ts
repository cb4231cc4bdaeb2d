import { expect, it } from 'vitest';
import { observeMasquerade, planMasquerade } from '../../src/cni/masquerade.ts';
import { inNode, shellText } from './render-plan.ts';

const subnet = { network: '10.244.0.0/16', podCidr: '10.244.1.0/24', family: 4 } as const;

it('writes flannel’s chains', async () => {
  expect(await shellText(inNode([planMasquerade(subnet)]))).toBe(`\
ip netns exec lab.node-1 iptables-restore --wait 5 --noflush <<'EOF'
*nat
:FLANNEL-POSTRTG - [0:0]
-A FLANNEL-POSTRTG -m mark --mark 0x4000/0x4000 -m comment --comment "flanneld masq" -j RETURN
-A FLANNEL-POSTRTG -s 10.244.1.0/24 -d 10.244.0.0/16 -m comment --comment "flanneld masq" -j RETURN
-A FLANNEL-POSTRTG -s 10.244.0.0/16 -d 10.244.1.0/24 -m comment --comment "flanneld masq" -j RETURN
-A FLANNEL-POSTRTG ! -s 10.244.0.0/16 -d 10.244.1.0/24 -m comment --comment "flanneld masq" -j RETURN
-A FLANNEL-POSTRTG -s 10.244.0.0/16 ! -d 224.0.0.0/4 -m comment --comment "flanneld masq" -j MASQUERADE --random-fully
-A FLANNEL-POSTRTG ! -s 10.244.0.0/16 -d 10.244.0.0/16 -m comment --comment "flanneld masq" -j MASQUERADE --random-fully
-A POSTROUTING -m comment --comment "flanneld masq" -j FLANNEL-POSTRTG
COMMIT
*filter
:FLANNEL-FWD - [0:0]
-A FLANNEL-FWD -s 10.244.0.0/16 -m comment --comment "flanneld forward" -j ACCEPT
-A FLANNEL-FWD -d 10.244.0.0/16 -m comment --comment "flanneld forward" -j ACCEPT
-A FORWARD -m comment --comment "flanneld forward" -j FLANNEL-FWD
COMMIT
EOF
`);
});

it('makes the jumps that are missing, and no other', async () => {
  const save = (text: string) => planMasquerade(subnet, observeMasquerade(text)) as { text: string };
  const { text: whole } = save('');
  const again = save(whole).text;
  expect(again).not.toMatch(/-A (POSTROUTING|FORWARD)/);
  expect(again).toContain(':FLANNEL-POSTRTG');
  expect(save(whole.replace(/-A FORWARD .*\n/, '')).text.match(/^-A (POSTROUTING|FORWARD)/gm)).toEqual(['-A FORWARD']);
});
