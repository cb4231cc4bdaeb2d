/** MAC addresses derived from what they belong to, so that the same lab has the same addresses every time. */
import { createHash } from 'node:crypto';
import { familyOf, parseIp } from './ip.ts';

/** The MAC of an address: `0a:58` and the IPv4 address, as the CNI bridge plugins wrote it; IPv6 is hashed. */
export function macOfIp(address: string): string {
  const ip = parseIp(address);
  if (ip === undefined) throw new RangeError(`not an IP address: ${address}`);
  if (ip.family === 6) return macOfName(address);
  const bytes = [24n, 16n, 8n, 0n].map((shift) => Number((ip.value >> shift) & 255n));
  return formatMac([0x0a, 0x58, ...bytes]);
}

/** The MAC of a device with these addresses: that of the first IPv4 one, where there is one. */
export function macOfIps(addresses: readonly string[]): string {
  return macOfIp(addresses.find((address) => familyOf(address) === 4) ?? addresses[0]!);
}

/** A locally administered unicast MAC from a hash of the name. */
export function macOfName(name: string): string {
  const bytes = [...createHash('sha256').update(name).digest().subarray(0, 6)];
  bytes[0] = (bytes[0]! & 0xfc) | 0x02;
  return formatMac(bytes);
}

/** True for six colon-separated pairs of hexadecimal digits. */
export function isMac(text: string): boolean {
  return /^[0-9a-fA-F]{2}(:[0-9a-fA-F]{2}){5}$/.test(text);
}

/** The six bytes of a MAC. */
export function macBytes(mac: string): Uint8Array {
  if (!isMac(mac)) throw new RangeError(`not a MAC address: ${mac}`);
  return Uint8Array.from(mac.split(':'), (pair) => Number.parseInt(pair, 16));
}

function formatMac(bytes: readonly number[]): string {
  return bytes.map((byte) => byte.toString(16).padStart(2, '0')).join(':');
}
