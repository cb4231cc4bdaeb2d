/** IPv4 addresses as the kernel takes them. IPv6 is left to the tools. */
import { parseIp } from '../../net/ip.ts';

/** Four bytes in the network's order; undefined for anything but an IPv4 address. */
export function ipv4Bytes(address: string): Buffer | undefined {
  const ip = parseIp(address);
  if (ip?.family !== 4) return undefined;
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(Number(ip.value));
  return bytes;
}
