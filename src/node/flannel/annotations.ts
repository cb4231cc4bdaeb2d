/** How flannel's agents tell each other their VTEPs: annotations on the Node. */
import type { VxlanPeer } from '../../cni/vxlan.ts';
import { parseCidr } from '../../net/cidr.ts';
import { isIp } from '../../net/ip.ts';
import { isMac } from '../../net/mac.ts';
import type { Node } from '../../objects/wire.ts';

const PREFIX = 'flannel.alpha.coreos.com';

/** What a node says of its own VTEP. */
export function annotationsOf(vtep: { vni: number; mac: string; publicIp: string }): Record<string, string> {
  return {
    [`${PREFIX}/backend-data`]: JSON.stringify({ VNI: vtep.vni, VtepMAC: vtep.mac }),
    [`${PREFIX}/backend-type`]: 'vxlan',
    [`${PREFIX}/kube-subnet-manager`]: 'true',
    [`${PREFIX}/public-ip`]: vtep.publicIp,
  };
}

/**
 * The peer a Node tells of. Undefined when it has no VXLAN annotations (yet); an `Error` when they are there but wrong:
 * annotations are anybody's to edit, and their words go into kernel commands.
 */
export function peerOf(node: Node): VxlanPeer | Error | undefined {
  const annotations = node.metadata?.annotations ?? {};
  const data = annotations[`${PREFIX}/backend-data`];
  const publicIp = annotations[`${PREFIX}/public-ip`];
  const podCidr = node.spec?.podCIDR;
  if (annotations[`${PREFIX}/backend-type`] !== 'vxlan' || data === undefined || publicIp === undefined)
    return undefined;
  if (podCidr === undefined || podCidr === '') return undefined;
  const vtepMac = macOf(data);
  if (vtepMac === undefined) return new Error(`${PREFIX}/backend-data has no VtepMAC: ${data}`);
  if (!isIp(publicIp)) return new Error(`${PREFIX}/public-ip is not an IP address: ${publicIp}`);
  if (parseCidr(podCidr) === undefined) return new Error(`spec.podCIDR is not an address block: ${podCidr}`);
  return { publicIp, podCidr, vtepMac };
}

function macOf(backendData: string): string | undefined {
  try {
    const mac: unknown = (JSON.parse(backendData) as { VtepMAC?: unknown } | null)?.VtepMAC;
    return typeof mac === 'string' && isMac(mac) ? mac.toLowerCase() : undefined;
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}
