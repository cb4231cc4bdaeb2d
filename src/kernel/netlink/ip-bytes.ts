/** Addresses as the kernel takes them. */
import { type Ip, ipBytes, parseIp } from '../../net/ip.ts';

/** Address families of socket(2). */
export const AF = { 4: 2, 6: 10 } as const;

export interface KernelAddress extends Ip {
  readonly af: number;
  /** Four or sixteen bytes in the network's order. */
  readonly bytes: Buffer;
}

/** An address; undefined for what is none. */
export function kernelAddress(text: string): KernelAddress | undefined {
  const ip = parseIp(text);
  return ip === undefined ? undefined : { ...ip, af: AF[ip.family], bytes: ipBytes(ip) };
}
