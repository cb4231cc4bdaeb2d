/**
 * Plans flannel's VXLAN on one node, for one family: the device (flannel.1, for IPv6 flannel-v6.1, which also travels over
 * IPv6), and per remote node exactly one route, one permanent neighbour and one FDB entry. With these three no packet ever
 * needs to ask: the route names the remote VTEP, ARP or neighbour discovery its MAC, the FDB the node that has it. Facts:
 * flannel's pkg/backend/vxlan.
 */
import type { Batch } from '../kernel/kernel.ts';
import type { BridgeOp, IpOp } from '../kernel/ops.ts';
import { cidrOf, networkAddress } from '../net/cidr.ts';
import { bitsOf, familyOf, type IpFamily } from '../net/ip.ts';
import { enableIpv6 } from './addresses.ts';

/** Outer Ethernet, IP, UDP and VXLAN headers. */
export function vxlanOverhead(family: IpFamily): number {
  return family === 4 ? 50 : 70;
}

export interface Vtep {
  readonly vni: number;
  /** UDP port: 8472 where flannel runs on Linux. */
  readonly port: number;
  /** The node's own underlay address. */
  readonly localAddress: string;
  /** The underlay device. */
  readonly device: string;
  readonly mac: string;
  readonly mtu: number;
  /** The node's own block: its network address becomes the device's. */
  readonly podCidr: string;
}

/** A remote node as its annotations tell. */
export interface VxlanPeer {
  readonly publicIp: string;
  readonly podCidr: string;
  readonly vtepMac: string;
}

/** `flannel.1`, `flannel-v6.1`. */
export function vxlanDevice(vni: number, family: IpFamily): string {
  return `flannel${family === 4 ? '' : '-v6'}.${vni}`;
}

/** The device itself. */
export function planVtep(vtep: Vtep): readonly Batch[] {
  const name = deviceOf(vtep);
  const link = {
    kind: 'vxlan',
    vni: vtep.vni,
    port: vtep.port,
    local: vtep.localAddress,
    device: vtep.device,
    learning: false,
    mac: vtep.mac,
  } as const;
  const add: IpOp = { op: 'link-add', name, mtu: vtep.mtu, link };
  return [
    ...upWithAddress(vtep, add, { op: 'link-set', name, up: true }, 'add'),
    // Packets NATed into the tunnel carried wrong outer checksums and were resent for 63 seconds (flannel issue 1243).
    { tool: 'command', argv: ['ethtool', '-K', name, 'tx-checksum-ip-generic', 'off'] },
  ];
}

/** The device's own address is the network address of the node's block. */
function upWithAddress(vtep: Vtep, first: IpOp | undefined, up: IpOp, verb: 'add' | 'replace'): Batch[] {
  const device = deviceOf(vtep);
  const block = cidrOf(vtep.podCidr);
  const cidr = `${networkAddress(block)}/${bitsOf(block.family)}`;
  const before = first === undefined ? [] : [first];
  if (block.family === 4) return [{ tool: 'ip', ops: [...before, { op: `address-${verb}`, cidr, device }, up] }];
  return [
    { tool: 'ip', ops: [...before, up] },
    enableIpv6(device),
    { tool: 'ip', ops: [{ op: `address-${verb}`, cidr, device, noDad: true }] },
  ];
}

function deviceOf({ vni, podCidr }: Vtep): string {
  return vxlanDevice(vni, familyOf(podCidr));
}

/** What the kernel says of a VXLAN device. */
export interface VxlanLink extends Pick<Vtep, 'vni' | 'port' | 'localAddress' | 'device' | 'mac'> {
  readonly learning: boolean;
}

/** Sets a device right that stands under the name; one that is another than it should be (or no VXLAN) is made anew. */
export function planVtepRepair(vtep: Vtep, found: VxlanLink | undefined): readonly Batch[] {
  const name = deviceOf(vtep);
  const { vni, port, localAddress, device, mac } = vtep;
  const wanted = { vni, port, localAddress, device, mac, learning: false };
  const isSame = Object.entries(wanted).every(([key, value]) => found?.[key as keyof VxlanLink] === value);
  if (!isSame) return [{ tool: 'ip', ops: [{ op: 'link-delete', name }] }, ...planVtep(vtep)];
  return upWithAddress(vtep, undefined, { op: 'link-set', name, mtu: vtep.mtu, up: true }, 'replace');
}

/** The entries of a node's VXLAN device, whole or in part, as they should be or as they were found. */
export interface VxlanEntries {
  /** Remote pod blocks. Each goes by way of its own network address. */
  readonly routes: ReadonlySet<string>;
  /** Network address of a remote block → MAC of its VTEP. */
  readonly neighbours: ReadonlyMap<string, string>;
  /** MAC of a remote VTEP → underlay address of its node. */
  readonly fdb: ReadonlyMap<string, string>;
}

/** One of each for every peer. */
export function entriesOf(peers: readonly VxlanPeer[]): VxlanEntries {
  return {
    routes: new Set(peers.map(({ podCidr }) => podCidr)),
    neighbours: new Map(peers.map(({ podCidr, vtepMac }) => [networkAddress(cidrOf(podCidr)), vtepMac])),
    fdb: new Map(peers.map(({ vtepMac, publicIp }) => [vtepMac, publicIp])),
  };
}

/** From the entries that are there to those that should be. */
export function planEntries(device: string, desired: VxlanEntries, previous: VxlanEntries): readonly Batch[] {
  const remove: IpOp[] = [];
  const forward: BridgeOp[] = [];
  const add: IpOp[] = [];
  // A route is the first to go and the last to come: it must never point at a VTEP whose MAC is not known.
  for (const podCidr of previous.routes) {
    if (!desired.routes.has(podCidr)) remove.push(routeOp('route-delete', podCidr, device));
  }
  for (const [address, mac] of previous.neighbours) {
    if (!desired.neighbours.has(address)) remove.push({ op: 'neighbour-delete', address, mac, device });
  }
  for (const [mac, destination] of previous.fdb) {
    if (desired.fdb.get(mac) !== destination) forward.push({ op: 'fdb-delete', mac, device, destination });
  }
  for (const [mac, destination] of desired.fdb) {
    if (previous.fdb.get(mac) !== destination) forward.push({ op: 'fdb-replace', mac, device, destination });
  }
  for (const [address, mac] of desired.neighbours) {
    if (previous.neighbours.get(address) !== mac) add.push({ op: 'neighbour-replace', address, mac, device });
  }
  for (const podCidr of desired.routes) {
    if (!previous.routes.has(podCidr)) add.push(routeOp('route-replace', podCidr, device));
  }
  const batches: Extract<Batch, { ops: unknown }>[] = [
    { tool: 'ip', ops: remove },
    { tool: 'bridge', ops: forward },
    { tool: 'ip', ops: add },
  ];
  return batches.filter((batch) => batch.ops.length > 0);
}

/** `onlink`: the remote network address is near no address of this device, and yet behind it. */
function routeOp(op: 'route-replace' | 'route-delete', podCidr: string, device: string): IpOp {
  return { op, destination: podCidr, via: networkAddress(cidrOf(podCidr)), device, onlink: true };
}
