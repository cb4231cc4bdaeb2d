/** The lab as the situations know it: where each place stands, its addresses, and whose an address is. */
import type { Netns } from '../../../src/kernel/kernel.ts';
import type { LabHandle } from '../../../src/lab/lab-handle.ts';
import { parseCidr } from '../../../src/net/cidr.ts';
import { familyOf, formatIp, type IpFamily } from '../../../src/net/ip.ts';
import type { Place } from './situation.ts';

export interface Places {
  netns(place: Place): Netns;
  ips(place: Place): readonly string[];
  ip(place: Place, family: IpFamily): string;
  /** An address of the node's bridge `cni0`. */
  bridgeIp(place: Place, family: IpFamily): string;
  /** The cluster's DNS server. */
  readonly dnsIp: string;
  /** The node a pod stands on; a node's is itself. */
  nodeOf(place: Place): string | undefined;
  /** Whose address it is; the address itself when it is nobody's. */
  nameOf(address: string): string;
}

interface Spot {
  readonly netns: Netns;
  readonly ips: readonly string[];
  readonly node?: string;
  readonly bridgeIps?: readonly string[];
}

/** Reads them from a lab whose pods run. */
export async function findPlaces(lab: LabHandle): Promise<Places> {
  const { nodes, hosts, pods, services } = await lab.snapshot();
  const spots = new Map<string, Spot>();
  const names = new Map<string, string>();
  for (const { name, netns, ips } of hosts) spots.set(name, { netns, ips });
  for (const { name, netns, ips, podCIDRs } of nodes) {
    const bridgeIps = podCIDRs.map((cidr) => {
      const { family, base } = parseCidr(cidr)!;
      // flannel.1 has the first address of the node's pod network, cni0 the next.
      names.set(formatIp({ family, value: base }), name);
      return formatIp({ family, value: base + 1n });
    });
    for (const ip of bridgeIps) names.set(ip, name);
    spots.set(name, { netns, ips, node: name, bridgeIps });
  }
  for (const { namespace, name, netns, ips, node } of pods)
    if (namespace === 'default') spots.set(name, { netns, ips, node });
  for (const [name, { ips }] of spots) for (const ip of ips) names.set(ip, name);
  const at = (place: Place) => {
    const found = spots.get(place);
    if (found === undefined) throw new Error(`the lab has no ${place}`);
    return found;
  };
  return {
    netns: (place) => at(place).netns,
    ips: (place) => at(place).ips,
    ip: (place, family) => ofFamily(at(place).ips, family),
    bridgeIp: (place, family) => ofFamily(at(place).bridgeIps!, family),
    dnsIp: services.find(({ name }) => name === 'kube-dns')!.clusterIP,
    nodeOf: (place) => at(place).node,
    nameOf: (address) => names.get(address) ?? address,
  };
}

function ofFamily(ips: readonly string[], family: IpFamily): string {
  return ips.find((ip) => familyOf(ip) === family)!;
}
