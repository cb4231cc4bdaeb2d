import { describe, expect, it } from 'vitest';
import { type PodSubnet, planBridge, planPods, planPodsGone, planPodsRepair } from '../../src/cni/bridge.ts';
import { inNode, shellText } from './render-plan.ts';

const subnet: PodSubnet = {
  netns: 'lab.node-1',
  blocks: [{ podCidr: '10.244.1.0/24', network: '10.244.0.0/16' }],
  mtu: 1450,
};
const pods = [
  { netns: 'lab.default.a', veth: 'veth0000000a', addresses: ['10.244.1.2'] },
  { netns: 'lab.default.b', veth: 'veth0000000b', addresses: ['10.244.1.3'] },
];

describe('the pod bridge', () => {
  it('has the first host address and a MAC of its own', async () => {
    expect(await shellText(inNode(planBridge(subnet)))).toBe(`\
ip -n lab.node-1 -batch - <<'EOF'
link add name cni0 mtu 1450 address 0a:58:0a:f4:01:01 up type bridge
address add 10.244.1.1/24 broadcast + dev cni0
EOF
`);
  });

  it('gets any number of pods in two commands, and one in each pod', async () => {
    const plan = planPods(subnet, pods);
    expect(await shellText(inNode(plan.node), ...plan.pods)).toBe(`\
ip -n lab.node-1 -batch - <<'EOF'
link add name veth0000000a mtu 1450 master cni0 up type veth peer name eth0 mtu 1450 address 0a:58:0a:f4:01:02 netns lab.default.a
link add name veth0000000b mtu 1450 master cni0 up type veth peer name eth0 mtu 1450 address 0a:58:0a:f4:01:03 netns lab.default.b
EOF
bridge -n lab.node-1 -batch - <<'EOF'
link set dev veth0000000a hairpin on
link set dev veth0000000b hairpin on
EOF
ip -n lab.default.a -batch - <<'EOF'
address add 10.244.1.2/24 broadcast + dev eth0
link set dev eth0 up
route add default via 10.244.1.1 dev eth0
route add 10.244.0.0/16 via 10.244.1.1 dev eth0
EOF
ip -n lab.default.b -batch - <<'EOF'
address add 10.244.1.3/24 broadcast + dev eth0
link set dev eth0 up
route add default via 10.244.1.1 dev eth0
route add 10.244.0.0/16 via 10.244.1.1 dev eth0
EOF
`);
    expect(planPodsGone(subnet, [['10.244.1.2']])).toEqual([]);
  });

  it('writes permanent neighbours where asked to, and takes them away with the pod', async () => {
    const permanent = { ...subnet, permanentNeighbours: true };
    const plan = planPods(permanent, pods.slice(0, 1));
    const text = await shellText(inNode(plan.node), ...plan.pods, inNode(planPodsGone(permanent, [['10.244.1.2']])));
    expect(text.match(/^neighbour .*$/gm)).toEqual([
      'neighbour replace 10.244.1.2 lladdr 0a:58:0a:f4:01:02 dev cni0 nud permanent',
      'neighbour replace 10.244.1.1 lladdr 0a:58:0a:f4:01:01 dev eth0 nud permanent',
      // Also one that nobody has written can be taken away.
      'neighbour replace 10.244.1.2 lladdr 0a:58:0a:f4:01:02 dev cni0 nud permanent',
      'neighbour delete 10.244.1.2 dev cni0',
    ]);
  });
});

describe('the pod bridge of both families', () => {
  const dual: PodSubnet = {
    ...subnet,
    blocks: [...subnet.blocks, { podCidr: 'fd00:10:244:1::/64', network: 'fd00:10:244::/56' }],
    mtu: 1430,
  };
  const pod = { ...pods[0]!, addresses: ['10.244.1.2', 'fd00:10:244:1::2'] };

  it('is given IPv6, which the node’s new devices are without', async () => {
    expect(await shellText(inNode(planBridge(dual)))).toBe(`\
ip -n lab.node-1 -batch - <<'EOF'
link add name cni0 mtu 1430 address 0a:58:0a:f4:01:01 up type bridge
address add 10.244.1.1/24 broadcast + dev cni0
EOF
ip netns exec lab.node-1 sysctl -w net.ipv6.conf.cni0.disable_ipv6=0
ip -n lab.node-1 -batch - <<'EOF'
address add fd00:10:244:1::1/64 dev cni0 nodad
EOF
`);
  });

  it('wires pods with an address and two routes of each, without duplicate address detection', async () => {
    const plan = planPods(dual, [pod]);
    expect(await shellText(...plan.pods)).toBe(`\
ip -n lab.default.a -batch - <<'EOF'
address add 10.244.1.2/24 broadcast + dev eth0
link set dev eth0 up
address add fd00:10:244:1::2/64 dev eth0 nodad
route add default via 10.244.1.1 dev eth0
route add 10.244.0.0/16 via 10.244.1.1 dev eth0
route add default via fd00:10:244:1::1 dev eth0
route add fd00:10:244::/56 via fd00:10:244:1::1 dev eth0
EOF
`);
    const [repair] = planPodsRepair(dual, [pod]).pods;
    expect(await shellText(repair!)).toContain('address replace fd00:10:244:1::2/64 dev eth0 nodad');
  });

  it('has permanent neighbours of both, by the one MAC of the device', async () => {
    const permanent = { ...dual, permanentNeighbours: true };
    const plan = planPods(permanent, [pod]);
    const text = await shellText(inNode(plan.node), ...plan.pods, inNode(planPodsGone(permanent, [pod.addresses])));
    expect(text.match(/^neighbour .*$/gm)).toEqual([
      'neighbour replace 10.244.1.2 lladdr 0a:58:0a:f4:01:02 dev cni0 nud permanent',
      'neighbour replace fd00:10:244:1::2 lladdr 0a:58:0a:f4:01:02 dev cni0 nud permanent',
      'neighbour replace 10.244.1.1 lladdr 0a:58:0a:f4:01:01 dev eth0 nud permanent',
      'neighbour replace fd00:10:244:1::1 lladdr 0a:58:0a:f4:01:01 dev eth0 nud permanent',
      // Also one that nobody has written can be taken away.
      'neighbour replace 10.244.1.2 lladdr 0a:58:0a:f4:01:02 dev cni0 nud permanent',
      'neighbour delete 10.244.1.2 dev cni0',
      'neighbour replace fd00:10:244:1::2 lladdr 0a:58:0a:f4:01:02 dev cni0 nud permanent',
      'neighbour delete fd00:10:244:1::2 dev cni0',
    ]);
  });
});
