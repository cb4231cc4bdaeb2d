import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { entriesFromKernel, linkFromKernel, READ_ROUTES } from '../../src/cni/read-vxlan.ts';
import {
  entriesOf,
  planEntries,
  planVtep,
  planVtepRepair,
  type VxlanEntries,
  type VxlanLink,
  type VxlanPeer,
} from '../../src/cni/vxlan.ts';
import type { Batch } from '../../src/kernel/kernel.ts';
import { inNode, shellText } from './render-plan.ts';

const peer = (node: number, changes: Partial<VxlanPeer> = {}): VxlanPeer => ({
  publicIp: `192.168.1.1${node}`,
  podCidr: `10.244.${node}.0/24`,
  vtepMac: `02:00:00:00:00:0${node}`,
  ...changes,
});
const plan = (desired: VxlanPeer[], previous: VxlanPeer[]) =>
  shellText(inNode(planEntries('flannel.1', entriesOf(desired), entriesOf(previous))));

/** What the entries are once a plan has run. */
function apply(entries: VxlanEntries, batches: readonly Batch[]): VxlanEntries {
  const routes = new Set(entries.routes);
  const neighbours = new Map(entries.neighbours);
  const fdb = new Map(entries.fdb);
  for (const batch of batches) {
    for (const op of batch.tool === 'ip' || batch.tool === 'bridge' ? batch.ops : []) {
      if (op.op === 'route-replace') routes.add(op.destination);
      if (op.op === 'route-delete') expect(routes.delete(op.destination)).toBe(true);
      if (op.op === 'neighbour-replace') neighbours.set(op.address, op.mac);
      if (op.op === 'neighbour-delete') expect(neighbours.delete(op.address)).toBe(true);
      if (op.op === 'fdb-replace') fdb.set(op.mac, op.destination);
      if (op.op === 'fdb-delete') expect(fdb.delete(op.mac)).toBe(true);
    }
  }
  return { routes, neighbours, fdb };
}

const vtep = {
  vni: 1,
  port: 8472,
  localAddress: '192.168.1.11',
  device: 'eth0',
  mac: '02:00:00:00:00:01',
  mtu: 1450,
  podCidr: '10.244.1.0/24',
};
/** The same as the kernel would tell it. */
const link = { ...vtep, learning: false };

describe('flannel VXLAN', () => {
  it('sets a device right that stands, and makes one anew that is another', async () => {
    const repair = (found: VxlanLink | undefined) => shellText(inNode(planVtepRepair(vtep, found)));
    expect(await repair(link)).toBe(`\
ip -n lab.node-1 -batch - <<'EOF'
address replace 10.244.1.0/32 dev flannel.1
link set dev flannel.1 mtu 1450 up
EOF
`);
    const anew = `ip -n lab.node-1 -batch - <<'EOF'\nlink delete dev flannel.1\nEOF\n${await shellText(inNode(planVtep(vtep)))}`;
    for (const change of [{ vni: 2 }, { port: 4789 }, { localAddress: '192.168.1.99' }, { mac: '02:00:00:00:00:09' }])
      expect(await repair({ ...link, ...change })).toBe(anew);
    expect(await repair({ ...link, learning: true })).toBe(anew);
    expect(await repair(undefined)).toBe(anew);
  });

  it('makes the device with learning and TX checksums off', async () => {
    expect(await shellText(inNode(planVtep(vtep)))).toBe(`\
ip -n lab.node-1 -batch - <<'EOF'
link add name flannel.1 mtu 1450 address 02:00:00:00:00:01 type vxlan id 1 local 192.168.1.11 dev eth0 dstport 8472 nolearning
address add 10.244.1.0/32 dev flannel.1
link set dev flannel.1 up
EOF
ip netns exec lab.node-1 ethtool -K flannel.1 tx-checksum-ip-generic off
`);
  });

  it('gives a new peer one FDB entry, one ARP entry and, last, one route', async () => {
    expect(await plan([peer(2)], [])).toBe(`\
bridge -n lab.node-1 -batch - <<'EOF'
fdb replace 02:00:00:00:00:02 dev flannel.1 dst 192.168.1.12 self permanent
EOF
ip -n lab.node-1 -batch - <<'EOF'
neighbour replace 10.244.2.0 lladdr 02:00:00:00:00:02 dev flannel.1 nud permanent
route replace 10.244.2.0/24 via 10.244.2.0 dev flannel.1 onlink
EOF
`);
  });

  it('takes a peer that left away, the route first', async () => {
    expect(await plan([peer(2)], [peer(2), peer(3)])).toBe(`\
ip -n lab.node-1 -batch - <<'EOF'
route delete 10.244.3.0/24 via 10.244.3.0 dev flannel.1 onlink
neighbour delete 10.244.3.0 dev flannel.1
EOF
bridge -n lab.node-1 -batch - <<'EOF'
fdb delete 02:00:00:00:00:03 dev flannel.1 dst 192.168.1.13 self
EOF
`);
  });

  it('follows a VTEP that came back with another MAC or address', async () => {
    expect(await plan([peer(2, { vtepMac: '02:00:00:00:00:0f' })], [peer(2)])).toBe(`\
bridge -n lab.node-1 -batch - <<'EOF'
fdb delete 02:00:00:00:00:02 dev flannel.1 dst 192.168.1.12 self
fdb replace 02:00:00:00:00:0f dev flannel.1 dst 192.168.1.12 self permanent
EOF
ip -n lab.node-1 -batch - <<'EOF'
neighbour replace 10.244.2.0 lladdr 02:00:00:00:00:0f dev flannel.1 nud permanent
EOF
`);
    expect(await plan([peer(2, { publicIp: '192.168.1.99' })], [peer(2)])).toBe(`\
bridge -n lab.node-1 -batch - <<'EOF'
fdb delete 02:00:00:00:00:02 dev flannel.1 dst 192.168.1.12 self
fdb replace 02:00:00:00:00:02 dev flannel.1 dst 192.168.1.99 self permanent
EOF
`);
  });

  it('has nothing to do where nothing changed', () => {
    expect(planEntries('flannel.1', entriesOf([peer(2)]), entriesOf([peer(2)]))).toEqual([]);
  });

  it('comes from any state to any other, whole or in parts', () => {
    const digit = fc.integer({ min: 1, max: 4 });
    const entries = fc.record({
      routes: fc.uniqueArray(digit).map((all) => new Set(all.map((n) => `10.244.${n}.0/24`))),
      neighbours: fc
        .array(fc.tuple(digit, digit))
        .map((all) => new Map(all.map(([n, m]) => [`10.244.${n}.0`, `m${m}`]))),
      fdb: fc.array(fc.tuple(digit, digit)).map((all) => new Map(all.map(([m, n]) => [`m${m}`, `192.168.1.1${n}`]))),
    });
    fc.assert(
      fc.property(entries, entries, (desired, previous) => {
        expect(apply(previous, planEntries('flannel.1', desired, previous))).toEqual(desired);
      }),
    );
  });
});

describe('entriesFromKernel', () => {
  it('reads what iproute2 answers', () => {
    const routes = '[{"dst":"10.244.2.0/24","gateway":"10.244.2.0","flags":["onlink"]},{"dst":"10.1.0.0/16"}]';
    const neighbours = '[{"dst":"10.244.2.0","lladdr":"02:00:00:00:00:02","state":["PERMANENT"]}]';
    const fdb =
      '[{"mac":"02:00:00:00:00:02","ifname":"flannel.1","dst":"192.168.1.12","flags":["self"],"state":"permanent"},{"mac":"33:33:00:00:00:01"}]';
    expect(entriesFromKernel(routes, neighbours, fdb)).toEqual(entriesOf([peer(2)]));
    expect(entriesFromKernel('[]', '', '\n')).toEqual(entriesOf([]));
  });
});

describe('flannel VXLAN of IPv6', () => {
  const vtep6 = {
    ...vtep,
    localAddress: 'fd00:192:168:1::11',
    mac: '02:00:00:00:00:06',
    mtu: 1430,
    podCidr: 'fd00:10:244:1::/64',
  };
  const peer6 = (node: number): VxlanPeer => ({
    publicIp: `fd00:192:168:1::1${node}`,
    podCidr: `fd00:10:244:${node}::/64`,
    vtepMac: `02:00:00:00:06:0${node}`,
  });

  it('is a device of its own, over IPv6, with IPv6 switched on', async () => {
    expect(await shellText(inNode(planVtep(vtep6)))).toBe(`\
ip -n lab.node-1 -batch - <<'EOF'
link add name flannel-v6.1 mtu 1430 address 02:00:00:00:00:06 type vxlan id 1 local fd00:192:168:1::11 dev eth0 dstport 8472 nolearning
link set dev flannel-v6.1 up
EOF
ip netns exec lab.node-1 sysctl -w net.ipv6.conf.flannel-v6/1.disable_ipv6=0
ip -n lab.node-1 -batch - <<'EOF'
address add fd00:10:244:1::/128 dev flannel-v6.1 nodad
EOF
ip netns exec lab.node-1 ethtool -K flannel-v6.1 tx-checksum-ip-generic off
`);
  });

  it('is set right where it stands', async () => {
    expect(await shellText(inNode(planVtepRepair(vtep6, { ...vtep6, learning: false })))).toBe(`\
ip -n lab.node-1 -batch - <<'EOF'
link set dev flannel-v6.1 mtu 1430 up
EOF
ip netns exec lab.node-1 sysctl -w net.ipv6.conf.flannel-v6/1.disable_ipv6=0
ip -n lab.node-1 -batch - <<'EOF'
address replace fd00:10:244:1::/128 dev flannel-v6.1 nodad
EOF
`);
  });

  it('gives a peer one FDB entry, one neighbour entry and one route', async () => {
    const batches = planEntries('flannel-v6.1', entriesOf([peer6(2)]), entriesOf([]));
    expect(await shellText(inNode(batches))).toBe(`\
bridge -n lab.node-1 -batch - <<'EOF'
fdb replace 02:00:00:00:06:02 dev flannel-v6.1 dst fd00:192:168:1::12 self permanent
EOF
ip -n lab.node-1 -batch - <<'EOF'
neighbour replace fd00:10:244:2:: lladdr 02:00:00:00:06:02 dev flannel-v6.1 nud permanent
route replace fd00:10:244:2::/64 via fd00:10:244:2:: dev flannel-v6.1 onlink
EOF
`);
  });

  it('is known again from what the kernel says of it', () => {
    const info = { id: 1, local6: 'fd00:192:168:1::11', link: 'eth0', port: 8472, learning: false };
    const linkinfo = { info_kind: 'vxlan', info_data: info };
    const { vni, port, localAddress, device, mac } = vtep6;
    expect(linkFromKernel(JSON.stringify([{ address: mac, linkinfo }]))).toEqual({
      ...{ vni, port, localAddress, device, mac },
      learning: false,
    });
    expect(READ_ROUTES('flannel-v6.1', 6)).toEqual(['ip', '-json', '-6', 'route', 'show', 'dev', 'flannel-v6.1']);
  });
});
