/**
 * Plans the fabric: one switch (the bridge `underlay` in a namespace of its own) and the hosts plugged into it, each
 * with an `eth0`. Knows roles (node, gateway, plain host), not Kubernetes. Namespaces are made before.
 */

import type { Batch, Netns } from '../kernel/kernel.ts';
import type { IpOp } from '../kernel/ops.ts';
import { cidrOf } from '../net/cidr.ts';
import { interfaceName } from '../net/interface-name.ts';
import { familyOf } from '../net/ip.ts';
import { macOfIps, macOfName } from '../net/mac.ts';
import { addressOp, byFamily } from './addresses.ts';
import type { PlacedBatches } from './placed-batches.ts';

export const UNDERLAY_BRIDGE = 'underlay';

export interface FabricHost {
  /** A DNS label; names its port on the switch (hashed beyond 15 characters). */
  readonly name: string;
  readonly netns: Netns;
  /** The addresses of its eth0 without prefix, one for each subnet of the fabric. */
  readonly addresses: readonly string[];
  readonly role: 'node' | 'gateway' | 'host';
}

export interface Fabric {
  readonly netns: Netns;
  /** `192.168.1.0/24`, one per family. */
  readonly subnets: readonly string[];
  readonly mtu: number;
  /** The gateway's addresses, in the order of the subnets: every other host's default routes. */
  readonly gateways: readonly string[];
  readonly hosts: readonly FabricHost[];
}

export interface FabricPlan {
  /** First: the switch, and a cable to every host. */
  readonly wiring: PlacedBatches;
  /** Then, in any order: each host's own end. */
  readonly hosts: readonly PlacedBatches[];
}

/** The whole fabric at once. */
export function planFabric(fabric: Fabric): FabricPlan {
  return {
    wiring: {
      netns: fabric.netns,
      batches: [UNFILTERED, { tool: 'ip', ops: [bridge(fabric), ...fabric.hosts.map((host) => cable(fabric, host))] }],
    },
    hosts: fabric.hosts.map((host) => planHost(fabric, host)),
  };
}

/** The cable and the own end of one more host on a fabric that stands. */
export function planFabricHost(fabric: Fabric, host: FabricHost): readonly PlacedBatches[] {
  return [{ netns: fabric.netns, batches: [{ tool: 'ip', ops: [cable(fabric, host)] }] }, planHost(fabric, host)];
}

export interface FabricRepair extends FabricPlan {
  /** Before all else: what stands in the way. */
  readonly halves: readonly PlacedBatches[];
}

/** What is there of a fabric, by device. */
export interface FabricState {
  /** Devices in the fabric's namespace. */
  readonly switch: ReadonlySet<string>;
  /** Namespaces of hosts that have an eth0. */
  readonly uplinked: ReadonlySet<Netns>;
}

/** The plan that brings a fabric about whatever there is of it: what stands is set right, what does not is made. */
export function planFabricRepair(fabric: Fabric, state: FabricState): FabricRepair {
  const isWired = (host: FabricHost) => state.switch.has(interfaceName(host.name)) && state.uplinked.has(host.netns);
  const port = ({ name }: FabricHost) => interfaceName(name);
  const half = fabric.hosts.filter((host) => !isWired(host));
  const ops: IpOp[] = [
    state.switch.has(UNDERLAY_BRIDGE)
      ? { op: 'link-set', name: UNDERLAY_BRIDGE, mtu: fabric.mtu, up: true }
      : bridge(fabric),
    ...fabric.hosts.map((host): IpOp => {
      if (!isWired(host)) return cable(fabric, host);
      return { op: 'link-set', name: port(host), mtu: fabric.mtu, master: UNDERLAY_BRIDGE, up: true };
    }),
  ];
  return {
    // One end without the other is of no use; both go together.
    halves: [
      ...half
        .filter((host) => state.switch.has(port(host)))
        .map((host) => ({ netns: fabric.netns, batches: [removal(port(host))] })),
      ...half
        .filter((host) => state.uplinked.has(host.netns))
        .map(({ netns }) => ({ netns, batches: [removal('eth0')] })),
    ],
    wiring: { netns: fabric.netns, batches: [UNFILTERED, { tool: 'ip', ops }] },
    hosts: fabric.hosts.map((host) => planHost(fabric, host, 'replace')),
  };
}

/** A device of a namespace that is just being removed goes by itself, sooner or later. */
function removal(device: string): Batch {
  return { tool: 'command', argv: ['ip', 'link', 'delete', 'dev', device], allowFailure: true };
}

function bridge({ mtu, netns }: Fabric): IpOp {
  // A bridge without a MAC of its own takes its lowest port's, and changes it when ports come and go.
  return { op: 'link-add', name: UNDERLAY_BRIDGE, mtu, up: true, link: { kind: 'bridge', mac: macOfName(netns) } };
}

function cable({ mtu }: Fabric, host: FabricHost): IpOp {
  return {
    op: 'link-add',
    name: interfaceName(host.name),
    mtu,
    master: UNDERLAY_BRIDGE,
    up: true,
    link: { kind: 'veth', peer: { name: 'eth0', netns: host.netns, mac: macOfIps(host.addresses), mtu } },
  };
}

function planHost(fabric: Fabric, host: FabricHost, verb: 'add' | 'replace' = 'add'): PlacedBatches {
  const addresses = byFamily(
    host.addresses.map((address, index) => `${address}/${cidrOf(fabric.subnets[index]!).prefix}`),
  );
  const ops: IpOp[] = [
    ...addresses.v4.map((cidr) => addressOp(verb, cidr, 'eth0')),
    { op: 'link-set', name: 'eth0', ...(verb === 'replace' ? { mtu: fabric.mtu } : {}), up: true },
    ...addresses.v6.map((cidr) => addressOp(verb, cidr, 'eth0')),
  ];
  if (host.role !== 'gateway')
    for (const via of fabric.gateways) ops.push({ op: `route-${verb}`, destination: 'default', via, device: 'eth0' });
  return { netns: host.netns, batches: [...sysctlsOf(host), { tool: 'ip', ops }] };
}

function sysctlsOf({ role, addresses }: FabricHost): Batch[] {
  if (role === 'host') return [];
  const hasIpv6 = addresses.some((address) => familyOf(address) === 6);
  // New namespaces inherit the host's reverse path filter. Strict (1) drops what DNAT and VXLAN send back another way.
  const routing: Batch = {
    tool: 'sysctl',
    values: {
      'net.ipv4.ip_forward': 1,
      'net.ipv4.conf.all.rp_filter': 0,
      'net.ipv4.conf.default.rp_filter': 0,
      'net.ipv4.conf.eth0.rp_filter': 0,
      ...(hasIpv6 ? { 'net.ipv6.conf.all.forwarding': 1, 'net.ipv6.conf.eth0.disable_ipv6': 0 } : {}),
    },
  };
  if (role === 'node')
    return [
      routing,
      ...(hasIpv6 ? [SILENT_PORTS] : []),
      { tool: 'sysctl', values: bridgeNetfilter(1), optional: true },
    ];
  // Everybody on the underlay reaches everybody directly; a redirect would only change their route caches.
  const values = { 'net.ipv4.conf.all.send_redirects': 0, 'net.ipv4.conf.eth0.send_redirects': 0 };
  return [routing, { tool: 'sysctl', values }];
}

/**
 * Devices of a node that are still to come have no IPv6 unless they ask for it (cni0, flannel-v6.1): as ports of a bridge the
 * pods' veths need none, and each would announce itself to all the others.
 */
const SILENT_PORTS: Batch = { tool: 'sysctl', values: { 'net.ipv6.conf.default.disable_ipv6': 1 } };

/**
 * Whether bridged frames pass iptables: what kube-proxy needs where pods share a bridge. Absent without br_netfilter.
 */
function bridgeNetfilter(on: 0 | 1): Record<string, number> {
  return { 'net.bridge.bridge-nf-call-iptables': on, 'net.bridge.bridge-nf-call-ip6tables': on };
}

/** A switch filters nothing: br_netfilter would send every frame through the namespace's iptables and conntrack. */
const UNFILTERED: Batch = { tool: 'sysctl', values: bridgeNetfilter(0), optional: true };
