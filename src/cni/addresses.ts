/** Addresses on a device as each family wants them. */
import type { Batch } from '../kernel/kernel.ts';
import type { IpOp } from '../kernel/ops.ts';
import { familyOf } from '../net/ip.ts';

/**
 * `cidr` (`10.244.1.2/24`) on `device`: IPv4 with its broadcast address, IPv6 without duplicate address detection, for which
 * packets would have to wait a second: the lab gives each address once.
 */
export function addressOp(verb: 'add' | 'replace', cidr: string, device: string): IpOp {
  const variant = familyOf(cidr) === 4 ? { broadcast: true } : { noDad: true };
  return { op: `address-${verb}`, cidr, device, ...variant };
}

/** Splits what is said of addresses or blocks by family: an address of IPv6 goes when its device goes down. */
export function byFamily<T extends string>(
  texts: readonly T[],
): { readonly v4: readonly T[]; readonly v6: readonly T[] } {
  return {
    v4: texts.filter((text) => familyOf(text) === 4),
    v6: texts.filter((text) => familyOf(text) === 6),
  };
}

/** Gives a device IPv6 where the node's new devices are without. */
export function enableIpv6(device: string): Batch {
  // In a dotted key a slash stands for a dot of the name.
  return { tool: 'sysctl', values: { [`net.ipv6.conf.${device.replaceAll('.', '/')}.disable_ipv6`]: 0 } };
}
