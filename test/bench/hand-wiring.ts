/** Two pods on two nodes, wired by a shell script as a person would write it: what a lab's throughput is compared with. */
import type { BenchmarkContext } from './benchmark.ts';
import { withNamespaces } from './measure.ts';

/** Where bytes come from, and who reads them. */
export interface Path {
  readonly from: { readonly netns: string; readonly ip: string };
  readonly to: string;
}

/** A path with its nodes, that of the first pod first. */
export interface WiredPath extends Path {
  readonly nodes: readonly string[];
}

interface Wires {
  /** Part of the namespaces' names. */
  readonly name: string;
  /** As flannel has it: the node computes checksums, its VXLAN device does not. */
  readonly checksums: boolean;
  /** What every node of Kubernetes has: masquerading, so that connections are tracked, and rules for bridged packets too. */
  readonly tracking: boolean;
}

/** Runs `action` with the path between two such pods. */
export function withWires<T>(
  { kernel, prefix }: Pick<BenchmarkContext, 'kernel' | 'prefix'>,
  wires: Wires,
  action: (path: WiredPath) => Promise<T>,
): Promise<T> {
  const place = (part: string) => `${prefix}.${wires.name}-${part}`;
  const fabric = place('fabric');
  const nodes = [1, 2].map((number) => ({ number, node: place(`node-${number}`), pod: place(`pod-${number}`) }));
  const script = [
    `ip -n ${fabric} link add underlay type bridge`,
    `ip -n ${fabric} link set underlay up`,
    ...nodes.flatMap(({ number, node, pod }) => nodeScript(fabric, node, pod, number, wires)),
  ].join('\n');
  const namespaces = [fabric, ...nodes.flatMap(({ node, pod }) => [node, pod])];
  return withNamespaces(kernel, namespaces, async () => {
    await kernel.run('', [{ tool: 'command', argv: ['sh', '-euc', script] }]);
    return action({
      from: { netns: place('pod-1'), ip: '10.244.1.2' },
      to: place('pod-2'),
      nodes: nodes.map(({ node }) => node),
    });
  });
}

function nodeScript(fabric: string, node: string, pod: string, own: number, wires: Wires): string[] {
  const other = 3 - own;
  return [
    `ip -n ${fabric} link add node-${own} type veth peer name eth0 netns ${node}`,
    `ip -n ${fabric} link set node-${own} master underlay up`,
    `ip -n ${node} address add 192.168.1.1${own}/24 dev eth0`,
    `ip -n ${node} link set eth0 up`,
    `ip -n ${node} link add flannel.1 address 02:00:00:00:00:0${own} mtu 1450 type vxlan id 1 dev eth0 local 192.168.1.1${own} dstport 8472 nolearning`,
    ...(wires.checksums ? [`ip netns exec ${node} ethtool -K flannel.1 tx off >/dev/null`] : []),
    `ip -n ${node} address add 10.244.${own}.0/32 dev flannel.1`,
    `ip -n ${node} link set flannel.1 up`,
    `ip -n ${node} route add 10.244.${other}.0/24 via 10.244.${other}.0 dev flannel.1 onlink`,
    `ip -n ${node} neighbour add 10.244.${other}.0 lladdr 02:00:00:00:00:0${other} dev flannel.1 nud permanent`,
    `bridge -n ${node} fdb append 02:00:00:00:00:0${other} dev flannel.1 dst 192.168.1.1${other} self permanent`,
    `ip -n ${node} link add cni0 mtu 1450 type bridge`,
    `ip -n ${node} address add 10.244.${own}.1/24 dev cni0`,
    `ip -n ${node} link set cni0 up`,
    `ip -n ${node} link add veth0 mtu 1450 type veth peer name eth0 mtu 1450 netns ${pod}`,
    `ip -n ${node} link set veth0 master cni0 up`,
    `ip -n ${pod} address add 10.244.${own}.2/24 dev eth0`,
    `ip -n ${pod} link set eth0 up`,
    `ip -n ${pod} route add default via 10.244.${own}.1`,
    `ip netns exec ${node} sysctl -qw net.ipv4.ip_forward=1`,
    ...(wires.tracking
      ? [
          `ip netns exec ${node} sysctl -qw net.bridge.bridge-nf-call-iptables=1`,
          `ip netns exec ${node} iptables -t nat -A POSTROUTING -s 10.244.0.0/16 ! -d 10.244.0.0/16 -j MASQUERADE`,
        ]
      : []),
  ];
}
