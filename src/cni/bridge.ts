/**
 * Plans what the CNI bridge plugin does on a node: the bridge `cni0`, and pods wired to it, any number in one batch.
 */
import type { Batch, Netns } from '../kernel/kernel.ts';
import type { IpOp } from '../kernel/ops.ts';
import { cidrOf, nthAddress } from '../net/cidr.ts';
import { macOfIps } from '../net/mac.ts';
import { addressOp, byFamily, enableIpv6 } from './addresses.ts';
import type { PlacedBatches } from './placed-batches.ts';

export const POD_BRIDGE = 'cni0';

/** One family's addresses. */
export interface PodBlock {
  /** The node's own: `10.244.1.0/24`. */
  readonly podCidr: string;
  /** All nodes' pods: `10.244.0.0/16`. */
  readonly network: string;
}

export interface PodSubnet {
  /** The node's namespace. */
  readonly netns: Netns;
  /** One per family, the primary first. */
  readonly blocks: readonly PodBlock[];
  readonly mtu: number;
  /**
   * Write permanent neighbour entries instead of letting ARP and neighbour discovery find them. The kernel's neighbour table
   * holds 1,024 learned entries for all namespaces of the machine together; above some 200 pods first packets get lost
   * without.
   */
  readonly permanentNeighbours?: boolean;
}

export interface PodPort {
  readonly netns: Netns;
  /** The node's end of the veth pair. */
  readonly veth: string;
  /** One of each block, in their order. */
  readonly addresses: readonly string[];
}

export interface PodWiringPlan {
  /** First: veth pairs straight into the pods' namespaces, ports of cni0. */
  readonly node: readonly Batch[];
  /** Then, in any order: address, link and default route in each pod. */
  readonly pods: readonly PlacedBatches[];
}

/** The bridge: the first host addresses, a MAC that does not change with its ports. */
export function planBridge(subnet: PodSubnet): readonly Batch[] {
  const mac = macOfIps(gatewaysOf(subnet));
  return bridgeBatches(
    subnet,
    { op: 'link-add', name: POD_BRIDGE, mtu: subnet.mtu, up: true, link: { kind: 'bridge', mac } },
    'add',
  );
}

/** A bridge that stands, set right. */
export function planBridgeRepair(subnet: PodSubnet): readonly Batch[] {
  return bridgeBatches(subnet, { op: 'link-set', name: POD_BRIDGE, mtu: subnet.mtu, up: true }, 'replace');
}

function bridgeBatches(subnet: PodSubnet, link: IpOp, verb: 'add' | 'replace'): Batch[] {
  const gateways = gatewaysOf(subnet).map((gateway, index) => `${gateway}/${prefixOf(subnet.blocks[index]!)}`);
  const { v4, v6 } = byFamily(gateways);
  const addresses = (cidrs: readonly string[]) => cidrs.map((cidr) => addressOp(verb, cidr, POD_BRIDGE));
  return [
    { tool: 'ip', ops: [link, ...addresses(v4)] },
    // The node's new devices are without IPv6 unless they are said to have it.
    ...(v6.length === 0 ? [] : [enableIpv6(POD_BRIDGE), { tool: 'ip', ops: addresses(v6) } as const]),
  ];
}

/** Pods whose wires stand, set right. */
export function planPodsRepair(subnet: PodSubnet, pods: readonly PodPort[]): PodWiringPlan {
  const ports = pods.map(
    ({ veth }): IpOp => ({ op: 'link-set', name: veth, mtu: subnet.mtu, master: POD_BRIDGE, up: true }),
  );
  return {
    node: [{ tool: 'ip', ops: [...ports, ...neighbours(subnet, pods)] }, hairpin(pods)],
    pods: pods.map((pod) => ({ netns: pod.netns, batches: [{ tool: 'ip', ops: podOps(subnet, pod, 'replace') }] })),
  };
}

/** Wires pods whose namespaces exist. */
export function planPods(subnet: PodSubnet, pods: readonly PodPort[]): PodWiringPlan {
  const ports = pods.map(
    ({ veth, netns, addresses }): IpOp => ({
      op: 'link-add',
      name: veth,
      mtu: subnet.mtu,
      master: POD_BRIDGE,
      up: true,
      link: { kind: 'veth', peer: { name: 'eth0', netns, mac: macOfIps(addresses), mtu: subnet.mtu } },
    }),
  );
  return {
    node: [{ tool: 'ip', ops: [...ports, ...neighbours(subnet, pods)] }, hairpin(pods)],
    pods: pods.map((pod) => ({ netns: pod.netns, batches: [{ tool: 'ip', ops: podOps(subnet, pod) }] })),
  };
}

/** What is left on the node when pods' namespaces are gone: nothing but permanent neighbour entries. */
export function planPodsGone(subnet: PodSubnet, pods: readonly (readonly string[])[]): readonly Batch[] {
  if (subnet.permanentNeighbours !== true || pods.length === 0) return [];
  // Written first: an entry that is not there, of a set-up that failed, could not be deleted.
  const ops = pods
    .flatMap((addresses) => neighbourOps(addresses, POD_BRIDGE))
    .flatMap((entry): IpOp[] => [entry, { ...entry, op: 'neighbour-delete' }]);
  return [{ tool: 'ip', ops }];
}

/** A pod that calls its own Service gets its packet back through the port it came in by. */
function hairpin(pods: readonly PodPort[]): Batch {
  return { tool: 'bridge', ops: pods.map(({ veth }) => ({ op: 'port-set', device: veth, hairpin: true })) };
}

function podOps(subnet: PodSubnet, pod: PodPort, verb: 'add' | 'replace' = 'add'): IpOp[] {
  const gateways = gatewaysOf(subnet);
  const { v4, v6 } = byFamily(pod.addresses.map((address, index) => `${address}/${prefixOf(subnet.blocks[index]!)}`));
  return [
    ...v4.map((cidr) => addressOp(verb, cidr, 'eth0')),
    { op: 'link-set', name: 'eth0', up: true },
    ...v6.map((cidr) => addressOp(verb, cidr, 'eth0')),
    // Both routes, as the flannel plugin asks the bridge plugin for them.
    ...subnet.blocks.flatMap(({ network }, index): IpOp[] => {
      const via = gateways[index]!;
      return [
        { op: `route-${verb}`, destination: 'default', via, device: 'eth0' },
        { op: `route-${verb}`, destination: network, via, device: 'eth0' },
      ];
    }),
    ...(subnet.permanentNeighbours === true ? neighbourOps(gateways, 'eth0') : []),
  ];
}

function neighbours({ permanentNeighbours }: PodSubnet, pods: readonly PodPort[]): IpOp[] {
  return permanentNeighbours === true ? pods.flatMap(({ addresses }) => neighbourOps(addresses, POD_BRIDGE)) : [];
}

/** The addresses of one device, by its MAC. */
function neighbourOps(addresses: readonly string[], device: string) {
  const mac = macOfIps(addresses);
  return addresses.map((address) => ({ op: 'neighbour-replace', address, mac, device }) as const);
}

/** The bridge's own addresses, the pods' gateways. */
function gatewaysOf({ blocks }: PodSubnet): string[] {
  return blocks.map(({ podCidr }) => nthAddress(cidrOf(podCidr), 1));
}

function prefixOf({ podCidr }: PodBlock): number {
  return cidrOf(podCidr).prefix;
}
