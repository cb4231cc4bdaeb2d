/**
 * Plans what the CNI bridge plugin does on a node: the bridge `cni0`, and pods wired to it, any number in one batch.
 */
import type { Batch, Netns } from '../kernel/kernel.ts';
import type { IpOp } from '../kernel/ops.ts';
import { cidrOf, nthAddress } from '../net/cidr.ts';
import { macOfIp } from '../net/mac.ts';
import type { PlacedBatches } from './placed-batches.ts';

export const POD_BRIDGE = 'cni0';

export interface PodSubnet {
  /** The node's namespace. */
  readonly netns: Netns;
  /** `10.244.1.0/24`. */
  readonly podCidr: string;
  /** All nodes' pods: `10.244.0.0/16`. */
  readonly network: string;
  readonly mtu: number;
  /**
   * Write permanent neighbour entries instead of letting ARP find them. The kernel's neighbour table holds 1,024
   * learned entries for all namespaces of the machine together; above some 200 pods first packets get lost without.
   */
  readonly permanentNeighbours?: boolean;
}

export interface PodPort {
  readonly netns: Netns;
  /** The node's end of the veth pair. */
  readonly veth: string;
  readonly address: string;
}

export interface PodWiringPlan {
  /** First: veth pairs straight into the pods' namespaces, ports of cni0. */
  readonly node: readonly Batch[];
  /** Then, in any order: address, link and default route in each pod. */
  readonly pods: readonly PlacedBatches[];
}

/** The bridge: the first host address, a MAC that does not change with its ports. */
export function planBridge(subnet: PodSubnet): readonly Batch[] {
  const gateway = nthAddress(cidrOf(subnet.podCidr), 1);
  const mac = macOfIp(gateway);
  return [
    {
      tool: 'ip',
      ops: [
        { op: 'link-add', name: POD_BRIDGE, mtu: subnet.mtu, up: true, link: { kind: 'bridge', mac } },
        { op: 'address-add', cidr: `${gateway}/${cidrOf(subnet.podCidr).prefix}`, device: POD_BRIDGE, broadcast: true },
      ],
    },
  ];
}

/** A bridge that stands, set right. */
export function planBridgeRepair(subnet: PodSubnet): readonly Batch[] {
  const { prefix } = cidrOf(subnet.podCidr);
  const gateway = nthAddress(cidrOf(subnet.podCidr), 1);
  return [
    {
      tool: 'ip',
      ops: [
        { op: 'link-set', name: POD_BRIDGE, mtu: subnet.mtu, up: true },
        { op: 'address-replace', cidr: `${gateway}/${prefix}`, device: POD_BRIDGE, broadcast: true },
      ],
    },
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
    ({ veth, netns, address }): IpOp => ({
      op: 'link-add',
      name: veth,
      mtu: subnet.mtu,
      master: POD_BRIDGE,
      up: true,
      link: { kind: 'veth', peer: { name: 'eth0', netns, mac: macOfIp(address), mtu: subnet.mtu } },
    }),
  );
  return {
    node: [{ tool: 'ip', ops: [...ports, ...neighbours(subnet, pods)] }, hairpin(pods)],
    pods: pods.map((pod) => ({ netns: pod.netns, batches: [{ tool: 'ip', ops: podOps(subnet, pod) }] })),
  };
}

/** What is left on the node when pods' namespaces are gone: nothing but permanent neighbour entries. */
export function planPodsGone(subnet: PodSubnet, addresses: readonly string[]): readonly Batch[] {
  if (subnet.permanentNeighbours !== true || addresses.length === 0) return [];
  const ops = addresses.map(
    (address): IpOp => ({ op: 'neighbour-delete', address, mac: macOfIp(address), device: POD_BRIDGE }),
  );
  return [{ tool: 'ip', ops }];
}

/** A pod that calls its own Service gets its packet back through the port it came in by. */
function hairpin(pods: readonly PodPort[]): Batch {
  return { tool: 'bridge', ops: pods.map(({ veth }) => ({ op: 'port-set', device: veth, hairpin: true })) };
}

function podOps(subnet: PodSubnet, pod: PodPort, verb: 'add' | 'replace' = 'add'): IpOp[] {
  const cidr = cidrOf(subnet.podCidr);
  const gateway = nthAddress(cidr, 1);
  return [
    { op: `address-${verb}`, cidr: `${pod.address}/${cidr.prefix}`, device: 'eth0', broadcast: true },
    { op: 'link-set', name: 'eth0', up: true },
    // Both routes, as the flannel plugin asks the bridge plugin for them.
    { op: `route-${verb}`, destination: 'default', via: gateway, device: 'eth0' },
    { op: `route-${verb}`, destination: subnet.network, via: gateway, device: 'eth0' },
    ...(subnet.permanentNeighbours === true ? [neighbour(gateway, 'eth0')] : []),
  ];
}

function neighbours({ permanentNeighbours }: PodSubnet, pods: readonly PodPort[]): IpOp[] {
  return permanentNeighbours === true ? pods.map(({ address }) => neighbour(address, POD_BRIDGE)) : [];
}

function neighbour(address: string, device: string): IpOp {
  return { op: 'neighbour-replace', address, mac: macOfIp(address), device };
}
