/**
 * A small network for kube-proxy tests, wired by plain commands and nothing of the lab's own: one node with a bridge
 * and pods on it, a router that stands for a second node's pods, and a client outside.
 *
 *   pod a, b ── cni0 (10.244.1.1) node 192.168.1.11 ── router 192.168.1.12 (10.244.2.0/24: pod c) ── client 192.168.1.100
 */
import type { Batch } from '../../../src/kernel/kernel.ts';
import type { LinuxKernel } from '../../../src/kernel/linux-kernel.ts';
import type { Scratch } from '../scratch.ts';

export interface TwoNodes {
  readonly kernel: LinuxKernel;
  readonly node: string;
  readonly client: string;
  /** Pods by name: `a` and `b` on the node, `c` beyond it. */
  readonly pods: Readonly<Record<'a' | 'b' | 'c', { readonly netns: string; readonly ip: string }>>;
}

const ROUTER = {
  'net.ipv4.ip_forward': 1,
  // The nodes stand on one link: a node would tell the client of a shorter way, and that message takes the place of a
  // refusal sent soon after (the kernel limits ICMP per peer, redirects included).
  'net.ipv4.conf.all.send_redirects': 0,
  'net.ipv4.conf.eth0.send_redirects': 0,
};

const NODE_IP = '192.168.1.11';

/** Builds it in namespaces of `scratch`. */
export async function twoNodes(scratch: Pick<Scratch, 'kernel' | 'create'>): Promise<TwoNodes> {
  const [node, switchNs, remote, client, a, b, c] = (await scratch.create([
    'node-1',
    'fabric',
    'node-2',
    'client',
    'ns.a',
    'ns.b',
    'ns.c',
  ])) as [string, string, string, string, string, string, string];
  const { kernel } = scratch;
  await kernel.run(switchNs, [
    { tool: 'ip', ops: [{ op: 'link-add', name: 'underlay', link: { kind: 'bridge' }, up: true }] },
  ]);
  const hosts = [
    [node, 'node-1', NODE_IP],
    [remote, 'node-2', '192.168.1.12'],
    [client, 'client', '192.168.1.100'],
  ] as const;
  for (const [netns, port, ip] of hosts) {
    await plug(kernel, switchNs, port, 'underlay', netns, `${ip}/24`);
    await kernel.run(netns, [{ tool: 'sysctl', values: ROUTER }]);
  }
  await kernel.run(node, bridge('10.244.1.1/24', 'default', '192.168.1.12'));
  await kernel.run(remote, bridge('10.244.2.1/24', '10.244.1.0/24', NODE_IP));
  await kernel.run(client, [
    { tool: 'ip', ops: [{ op: 'route-add', destination: '10.96.0.0/12', via: NODE_IP, device: 'eth0' }] },
  ]);
  const pods = { a: pod(a, '10.244.1.2'), b: pod(b, '10.244.1.3'), c: pod(c, '10.244.2.2') };
  for (const [name, { netns, ip }] of Object.entries(pods)) {
    const [home, gateway] = name === 'c' ? [remote, '10.244.2.1'] : [node, '10.244.1.1'];
    await plug(kernel, home, `veth${name}`, 'cni0', netns, `${ip}/24`);
    await kernel.run(netns, [
      { tool: 'ip', ops: [{ op: 'route-add', destination: 'default', via: gateway, device: 'eth0' }] },
    ]);
  }
  return { kernel, node, client, pods };
}

function pod(netns: string, ip: string) {
  return { netns, ip };
}

/** A veth from a bridge in `home` to `eth0` in `netns`; the port may send back where a frame came from (hairpin). */
async function plug(kernel: LinuxKernel, home: string, port: string, bridge: string, netns: string, cidr: string) {
  await kernel.run(home, [
    {
      tool: 'ip',
      ops: [
        { op: 'link-add', name: port, link: { kind: 'veth', peer: { name: 'eth0', netns } }, master: bridge, up: true },
      ],
    },
    { tool: 'bridge', ops: [{ op: 'port-set', device: port, hairpin: true }] },
  ]);
  await kernel.run(netns, [
    {
      tool: 'ip',
      ops: [
        { op: 'address-add', cidr, device: 'eth0' },
        { op: 'link-set', name: 'eth0', up: true },
      ],
    },
  ]);
}

function bridge(cidr: string, destination: string, via: string): Batch[] {
  return [
    {
      tool: 'ip',
      ops: [
        { op: 'link-add', name: 'cni0', link: { kind: 'bridge' }, up: true },
        { op: 'address-add', cidr, device: 'cni0' },
        { op: 'route-add', destination, via, device: 'eth0' },
      ],
    },
    // Replies between two pods of one bridge must pass conntrack too, or DNAT is never undone.
    { tool: 'sysctl', values: { 'net.bridge.bridge-nf-call-iptables': 1 }, optional: true },
  ];
}
