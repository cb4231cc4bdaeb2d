/** The lab as the situations know it: where each place stands, its addresses, and whose an address is. */
import type { Netns } from '../../../src/kernel/kernel.ts';
import type { LabHandle } from '../../../src/lab/lab-handle.ts';
import { parseCidr } from '../../../src/net/cidr.ts';
import { formatIp } from '../../../src/net/ip.ts';
import type { Place } from './situation.ts';

export interface Places {
  netns(place: Place): Netns;
  ip(place: Place): string;
  /** An address of the node's bridge `cni0`. */
  bridgeIp(place: Place): string;
  /** The node a pod stands on. */
  nodeOf(place: Place): string | undefined;
  /** Whose address it is; the address itself when it is nobody's. */
  nameOf(address: string): string;
}

/** Reads them from a lab whose pods run. */
export async function findPlaces(lab: LabHandle): Promise<Places> {
  const { nodes, hosts, pods } = await lab.snapshot();
  const places = new Map<string, { netns: Netns; ip: string; node?: string; bridgeIp?: string }>();
  const names = new Map<string, string>();
  for (const { name, netns, ip } of hosts) places.set(name, { netns, ip });
  for (const { name, netns, ip, podCIDR } of nodes) {
    const { family, base } = parseCidr(podCIDR)!;
    // flannel.1 has the first address of the node's pod network, cni0 the next.
    const vxlan = formatIp({ family, value: base });
    const bridgeIp = formatIp({ family, value: base + 1n });
    places.set(name, { netns, ip, bridgeIp });
    for (const address of [vxlan, bridgeIp]) names.set(address, name);
  }
  for (const { namespace, name, netns, ip, node } of pods)
    if (namespace === 'default') places.set(name, { netns, ip, node });
  for (const [name, { ip }] of places) names.set(ip, name);
  const at = (place: Place) => {
    const found = places.get(place);
    if (found === undefined) throw new Error(`the lab has no ${place}`);
    return found;
  };
  return {
    netns: (place) => at(place).netns,
    ip: (place) => at(place).ip,
    bridgeIp: (place) => at(place).bridgeIp!,
    nodeOf: (place) => at(place).node,
    nameOf: (address) => names.get(address) ?? address,
  };
}
