/** subnet.env: what flannel leaves for its CNI plugin. */
import { rename, writeFile } from 'node:fs/promises';
import { cidrOf, nthAddress } from '../../net/cidr.ts';

export interface SubnetEnv {
  readonly network: string;
  readonly podCidr: string;
  readonly mtu: number;
}

/** The file's text. `FLANNEL_SUBNET` is the gateway's address with the block's prefix. */
export function subnetEnv({ network, podCidr, mtu }: SubnetEnv): string {
  const cidr = cidrOf(podCidr);
  return [
    `FLANNEL_NETWORK=${network}`,
    `FLANNEL_SUBNET=${nthAddress(cidr, 1)}/${cidr.prefix}`,
    `FLANNEL_MTU=${mtu}`,
    'FLANNEL_IPMASQ=true',
    '',
  ].join('\n');
}

/** Writes it so that a reader finds the old or the new text, never half of one. */
export async function writeSubnetEnv(path: string, env: SubnetEnv): Promise<void> {
  await writeFile(`${path}.new`, subnetEnv(env));
  await rename(`${path}.new`, path);
}
