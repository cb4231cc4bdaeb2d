/** subnet.env: what flannel leaves for its CNI plugin. */
import { rename, writeFile } from 'node:fs/promises';
import type { PodBlock } from '../../cni/bridge.ts';
import { cidrOf, nthAddress } from '../../net/cidr.ts';

export interface SubnetEnv {
  /** One per family. */
  readonly blocks: readonly PodBlock[];
  readonly mtu: number;
}

/** The file's text. `FLANNEL_SUBNET` is the gateway's address with the block's prefix. */
export function subnetEnv({ blocks, mtu }: SubnetEnv): string {
  const lines = blocks.flatMap(({ network, podCidr }) => {
    const cidr = cidrOf(podCidr);
    const word = cidr.family === 4 ? 'FLANNEL' : 'FLANNEL_IPV6';
    return [`${word}_NETWORK=${network}`, `${word}_SUBNET=${nthAddress(cidr, 1)}/${cidr.prefix}`];
  });
  return [...lines, `FLANNEL_MTU=${mtu}`, 'FLANNEL_IPMASQ=true', ''].join('\n');
}

/** Writes it so that a reader finds the old or the new text, never half of one. */
export async function writeSubnetEnv(path: string, env: SubnetEnv): Promise<void> {
  await writeFile(`${path}.new`, subnetEnv(env));
  await rename(`${path}.new`, path);
}
