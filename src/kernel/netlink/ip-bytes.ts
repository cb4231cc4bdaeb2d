/** Addresses as the kernel takes them. */
import { bitsOf, type Ip, parseIp } from '../../net/ip.ts';

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
  if (ip === undefined) return undefined;
  const digits = bitsOf(ip.family) / 4;
  return { ...ip, af: AF[ip.family], bytes: Buffer.from(ip.value.toString(16).padStart(digits, '0'), 'hex') };
}
