/** Address blocks: what lies in one, which overlap, the n-th address of one. Works for both families. */
import { bitsOf, formatIp, type Ip, type IpFamily, parseIp } from './ip.ts';

export interface Cidr {
  readonly family: IpFamily;
  /** The network address: the bits behind the prefix are 0. */
  readonly base: bigint;
  readonly prefix: number;
}

/** Reads `address/prefix`; bits behind the prefix are cleared. Undefined when the text is no block. */
export function parseCidr(text: string): Cidr | undefined {
  const slash = text.indexOf('/');
  if (slash < 0) return undefined;
  const ip = parseIp(text.slice(0, slash));
  const length = text.slice(slash + 1);
  if (ip === undefined || !/^(0|[1-9]\d{0,2})$/.test(length)) return undefined;
  const prefix = Number(length);
  if (prefix > bitsOf(ip.family)) return undefined;
  const hostBits = BigInt(bitsOf(ip.family) - prefix);
  return { family: ip.family, base: (ip.value >> hostBits) << hostBits, prefix };
}

/** Like `parseCidr`, for text that is known to be a block; throws a `RangeError` when it is not. */
export function cidrOf(text: string): Cidr {
  const cidr = parseCidr(text);
  if (cidr === undefined) throw new RangeError(`not an address block: ${text}`);
  return cidr;
}

/** `10.244.0.0/16`. */
export function formatCidr(cidr: Cidr): string {
  return `${networkAddress(cidr)}/${cidr.prefix}`;
}

/** The first address of the block, the one flannel routes through: `10.244.1.0`. */
export function networkAddress(cidr: Cidr): string {
  return formatIp({ family: cidr.family, value: cidr.base });
}

/** How many addresses the block has. */
export function cidrSize(cidr: Cidr): bigint {
  return 1n << BigInt(bitsOf(cidr.family) - cidr.prefix);
}

/** True when the address lies in the block. */
export function cidrContains(cidr: Cidr, ip: Ip): boolean {
  return ip.family === cidr.family && ip.value >= cidr.base && ip.value < cidr.base + cidrSize(cidr);
}

/** True when the blocks share an address. */
export function cidrsOverlap(a: Cidr, b: Cidr): boolean {
  return a.family === b.family && a.base < b.base + cidrSize(b) && b.base < a.base + cidrSize(a);
}

/** The address `index` places behind the network address (negative: counted from behind the end). */
export function nthAddress(cidr: Cidr, index: number | bigint): string {
  const size = cidrSize(cidr);
  const offset = BigInt(index) < 0n ? size + BigInt(index) : BigInt(index);
  if (offset < 0n || offset >= size) throw new RangeError(`${formatCidr(cidr)} has no address number ${index}`);
  return formatIp({ family: cidr.family, value: cidr.base + offset });
}

/** The `index`-th sub-block with this prefix: `nthSubnet(10.244.0.0/16, 24, 1)` is 10.244.1.0/24. */
export function nthSubnet(cidr: Cidr, prefix: number, index: number): Cidr {
  const step = BigInt(bitsOf(cidr.family) - prefix);
  const base = cidr.base + (BigInt(index) << step);
  if (prefix < cidr.prefix || base >= cidr.base + cidrSize(cidr))
    throw new RangeError(`${formatCidr(cidr)} has no /${prefix} number ${index}`);
  return { family: cidr.family, base, prefix };
}
