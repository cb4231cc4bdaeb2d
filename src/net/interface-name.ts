/** Names of network interfaces: Linux allows 15 bytes (IFNAMSIZ less the terminator). */
import { createHash } from 'node:crypto';

export const INTERFACE_NAME_MAX = 15;

/** The name itself where it fits, else its head and eight digits of its hash. */
export function interfaceName(name: string): string {
  return name.length <= INTERFACE_NAME_MAX ? name : `${name.slice(0, INTERFACE_NAME_MAX - 9)}-${hash(name)}`;
}

/** The node's end of a pod's veth pair, `veth` and eight hexadecimal digits: the same for the same `namespace/name`. */
export function podVethName(podKey: string): string {
  return `veth${hash(podKey)}`;
}

function hash(text: string): string {
  return createHash('sha256').update(text).digest('hex').slice(0, 8);
}
