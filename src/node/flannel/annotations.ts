/** How flannel's agents tell each other their VTEPs: annotations on the Node (flannel's pkg/subnet/kube/annotations.go). */
import type { VxlanPeer } from '../../cni/vxlan.ts';
import { parseCidr } from '../../net/cidr.ts';
import { type IpFamily, isIp } from '../../net/ip.ts';
import { isMac } from '../../net/mac.ts';
import type { Node } from '../../objects/wire.ts';

const PREFIX = 'flannel.alpha.coreos.com';

/** The annotations of each family. */
const WORDS: Readonly<Record<IpFamily, { readonly data: string; readonly publicIp: string }>> = {
  4: { data: `${PREFIX}/backend-data`, publicIp: `${PREFIX}/public-ip` },
  6: { data: `${PREFIX}/backend-v6-data`, publicIp: `${PREFIX}/public-ipv6` },
};

/** A node's own VTEP of one family. */
export interface AnnouncedVtep {
  readonly family: IpFamily;
  readonly mac: string;
  readonly publicIp: string;
}

/** What a node says of its own VTEPs. */
export function annotationsOf(vni: number, vteps: readonly AnnouncedVtep[]): Record<string, string> {
  const own = vteps.flatMap(({ family, mac, publicIp }) => [
    [WORDS[family].data, JSON.stringify({ VNI: vni, VtepMAC: mac })],
    [WORDS[family].publicIp, publicIp],
  ]);
  return {
    [`${PREFIX}/backend-type`]: 'vxlan',
    [`${PREFIX}/kube-subnet-manager`]: 'true',
    ...Object.fromEntries(own),
  };
}

/**
 * The peer a Node tells of in one family. Undefined when it has no VXLAN annotations of it (yet); an `Error` when they are
 * there but wrong: annotations are anybody's to edit, and their words go into kernel commands.
 */
export function peerOf(node: Node, family: IpFamily): VxlanPeer | Error | undefined {
  const annotations = node.metadata?.annotations ?? {};
  const words = WORDS[family];
  const data = annotations[words.data];
  const publicIp = annotations[words.publicIp];
  const podCidr = podCidrOf(node, family);
  if (annotations[`${PREFIX}/backend-type`] !== 'vxlan' || data === undefined || publicIp === undefined)
    return undefined;
  if (podCidr === undefined) return undefined;
  const vtepMac = macOf(data);
  if (vtepMac === undefined) return new Error(`${words.data} has no VtepMAC: ${data}`);
  if (!isIp(publicIp, family)) return new Error(`${words.publicIp} is not an IPv${family} address: ${publicIp}`);
  return { publicIp, podCidr, vtepMac };
}

/** The node's block of pods of a family. */
export function podCidrOf({ spec }: Node, family: IpFamily): string | undefined {
  const blocks = spec?.podCIDRs ?? [spec?.podCIDR ?? ''];
  return blocks.find((text) => parseCidr(text)?.family === family);
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
