import { describe, expect, it } from 'vitest';
import {
  type Fabric,
  type FabricHost,
  type FabricState,
  planFabric,
  planFabricHost,
  planFabricRepair,
} from '../../src/cni/fabric.ts';
import { shellText } from './render-plan.ts';

const fabric: Fabric = {
  netns: 'lab.fabric',
  subnets: ['192.168.1.0/24'],
  mtu: 1500,
  gateways: ['192.168.1.1'],
  hosts: [
    { name: 'gateway', netns: 'lab.gateway', addresses: ['192.168.1.1'], role: 'gateway' },
    { name: 'node-1', netns: 'lab.node-1', addresses: ['192.168.1.11'], role: 'node' },
    { name: 'client', netns: 'lab.client', addresses: ['192.168.1.100'], role: 'host' },
  ],
};

it('plans the switch, its cables and the hosts', async () => {
  const { wiring, hosts } = planFabric(fabric);
  expect(await shellText(wiring, ...hosts)).toBe(`\
ip netns exec lab.fabric sysctl -w net.bridge.bridge-nf-call-iptables=0 net.bridge.bridge-nf-call-ip6tables=0
ip -n lab.fabric -batch - <<'EOF'
link add name underlay mtu 1500 address 12:17:63:e1:50:47 up type bridge
link add name gateway mtu 1500 master underlay up type veth peer name eth0 mtu 1500 address 0a:58:c0:a8:01:01 netns lab.gateway
link add name node-1 mtu 1500 master underlay up type veth peer name eth0 mtu 1500 address 0a:58:c0:a8:01:0b netns lab.node-1
link add name client mtu 1500 master underlay up type veth peer name eth0 mtu 1500 address 0a:58:c0:a8:01:64 netns lab.client
EOF
ip netns exec lab.gateway sysctl -w net.ipv4.ip_forward=1 net.ipv4.conf.all.rp_filter=0 net.ipv4.conf.default.rp_filter=0 net.ipv4.conf.eth0.rp_filter=0
ip netns exec lab.gateway sysctl -w net.ipv4.conf.all.send_redirects=0 net.ipv4.conf.eth0.send_redirects=0
ip -n lab.gateway -batch - <<'EOF'
address add 192.168.1.1/24 broadcast + dev eth0
link set dev eth0 up
EOF
ip netns exec lab.node-1 sysctl -w net.ipv4.ip_forward=1 net.ipv4.conf.all.rp_filter=0 net.ipv4.conf.default.rp_filter=0 net.ipv4.conf.eth0.rp_filter=0
ip netns exec lab.node-1 sysctl -w net.bridge.bridge-nf-call-iptables=1 net.bridge.bridge-nf-call-ip6tables=1
ip -n lab.node-1 -batch - <<'EOF'
address add 192.168.1.11/24 broadcast + dev eth0
link set dev eth0 up
route add default via 192.168.1.1 dev eth0
EOF
ip -n lab.client -batch - <<'EOF'
address add 192.168.1.100/24 broadcast + dev eth0
link set dev eth0 up
route add default via 192.168.1.1 dev eth0
EOF
`);
});

it('plans one more host on a fabric that stands', async () => {
  const host = {
    name: 'a-database-far-away',
    netns: 'lab.db',
    addresses: ['192.168.1.23'],
    role: 'host',
  } satisfies FabricHost;
  expect(await shellText(...planFabricHost(fabric, host))).toBe(`\
ip -n lab.fabric -batch - <<'EOF'
link add name a-data-dd684d6a mtu 1500 master underlay up type veth peer name eth0 mtu 1500 address 0a:58:c0:a8:01:17 netns lab.db
EOF
ip -n lab.db -batch - <<'EOF'
address add 192.168.1.23/24 broadcast + dev eth0
link set dev eth0 up
route add default via 192.168.1.1 dev eth0
EOF
`);
});

describe('a fabric of which something stands', () => {
  const all = {
    switch: new Set(['underlay', 'gateway', 'node-1', 'client']),
    uplinked: new Set(['lab.gateway', 'lab.node-1', 'lab.client']),
  };
  const without = (set: ReadonlySet<string>, ...names: string[]) =>
    new Set([...set].filter((name) => !names.includes(name)));
  const repair = async (state: FabricState) => {
    const { halves, wiring, hosts } = planFabricRepair(fabric, state);
    return { halves: await shellText(...halves), wiring: await shellText(wiring), hosts: await shellText(...hosts) };
  };

  it('is set right where it stands', async () => {
    const { halves, wiring, hosts } = await repair(all);
    expect(halves).toBe('');
    expect(wiring).toContain(`\
link set dev underlay mtu 1500 up
link set dev gateway mtu 1500 master underlay up
link set dev node-1 mtu 1500 master underlay up
link set dev client mtu 1500 master underlay up
`);
    expect(hosts).toContain(`\
address replace 192.168.1.11/24 broadcast + dev eth0
link set dev eth0 mtu 1500 up
route replace default via 192.168.1.1 dev eth0
`);
  });

  it('gets new cables where one or both ends are gone', async () => {
    const { halves, wiring } = await repair({
      switch: without(all.switch, 'client', 'node-1'),
      uplinked: without(all.uplinked, 'lab.gateway', 'lab.client'),
    });
    expect(halves).toBe(`\
ip -n lab.fabric link delete dev gateway
ip -n lab.node-1 link delete dev eth0
`);
    for (const host of ['gateway', 'node-1', 'client'])
      expect(wiring).toContain(`link add name ${host} mtu 1500 master underlay up type veth peer name eth0 mtu 1500`);
  });

  it('is the whole fabric where nothing stands', async () => {
    const { halves, wiring } = await repair({ switch: new Set(['lo']), uplinked: new Set() });
    expect(halves).toBe('');
    expect(wiring).toBe(await shellText(planFabric(fabric).wiring));
  });
});

describe('a fabric of both families', () => {
  const dual: Fabric = {
    ...fabric,
    subnets: ['192.168.1.0/24', 'fd00:192:168:1::/64'],
    gateways: ['192.168.1.1', 'fd00:192:168:1::1'],
    hosts: fabric.hosts.map((host) => ({
      ...host,
      addresses: [...host.addresses, `fd00:192:168:1::${host.addresses[0]!.split('.')[3]}`],
    })),
  };

  it('has addresses and routes of both; IPv6 comes once the link is up, and a node’s later devices are without', async () => {
    const { hosts } = planFabric(dual);
    expect(await shellText(...hosts.slice(1))).toBe(`\
ip netns exec lab.node-1 sysctl -w net.ipv4.ip_forward=1 net.ipv4.conf.all.rp_filter=0 net.ipv4.conf.default.rp_filter=0 net.ipv4.conf.eth0.rp_filter=0 net.ipv6.conf.all.forwarding=1 net.ipv6.conf.eth0.disable_ipv6=0
ip netns exec lab.node-1 sysctl -w net.ipv6.conf.default.disable_ipv6=1
ip netns exec lab.node-1 sysctl -w net.bridge.bridge-nf-call-iptables=1 net.bridge.bridge-nf-call-ip6tables=1
ip -n lab.node-1 -batch - <<'EOF'
address add 192.168.1.11/24 broadcast + dev eth0
link set dev eth0 up
address add fd00:192:168:1::11/64 dev eth0 nodad
route add default via 192.168.1.1 dev eth0
route add default via fd00:192:168:1::1 dev eth0
EOF
ip -n lab.client -batch - <<'EOF'
address add 192.168.1.100/24 broadcast + dev eth0
link set dev eth0 up
address add fd00:192:168:1::100/64 dev eth0 nodad
route add default via 192.168.1.1 dev eth0
route add default via fd00:192:168:1::1 dev eth0
EOF
`);
  });

  it('in IPv6 alone has no other, and MACs from its addresses’ hashes', async () => {
    const single: Fabric = {
      ...dual,
      subnets: dual.subnets.slice(1),
      gateways: dual.gateways.slice(1),
      hosts: dual.hosts.map((host) => ({ ...host, addresses: host.addresses.slice(1) })),
    };
    const { wiring, hosts } = planFabric(single);
    const text = await shellText(wiring, ...hosts);
    expect(text).not.toMatch(/192\.168\.\d+\.\d+/);
    expect(new Set(text.match(/peer name eth0 mtu 1500 address \S+/g)).size).toBe(3);
  });
});
