/** Names of the reverse zones. */

import type { Cidr } from '../net/cidr.ts';
import { bitsOf, formatIp, parseIp } from '../net/ip.ts';

const IPV4 = '.in-addr.arpa';
const IPV6 = '.ip6.arpa';

/** `10.0.96.10.in-addr.arpa` → `10.96.0.10`; undefined for every other name. Lower case. */
export function addressOfReverseName(name: string): string | undefined {
  if (name.endsWith(IPV4)) return canonical(name.slice(0, -IPV4.length).split('.').reverse().join('.'));
  if (!name.endsWith(IPV6)) return undefined;
  const nibbles = name.slice(0, -IPV6.length).split('.').reverse();
  if (nibbles.length !== 32 || !nibbles.every((nibble) => /^[0-9a-f]$/.test(nibble))) return undefined;
  return canonical(nibbles.join('').replace(/(.{4})(?!$)/g, '$1:'));
}

/** The zones of a block, at the nearest whole label: `10.96.0.0/12` → `96.10.in-addr.arpa` … `111.10.in-addr.arpa`. */
export function reverseZones({ family, base, prefix }: Cidr): string[] {
  const [step, suffix] = family === 4 ? [8, IPV4] : [4, IPV6];
  const labels = Math.ceil(prefix / step);
  const label = (value: bigint) => (family === 4 ? String(value) : value.toString(16));
  return Array.from({ length: 1 << (labels * step - prefix) }, (_, index) => {
    const value = (base >> BigInt(bitsOf(family) - labels * step)) + BigInt(index);
    const parts = Array.from({ length: labels }, (_, part) =>
      label((value >> BigInt(part * step)) & ((1n << BigInt(step)) - 1n)),
    );
    return [...parts, suffix.slice(1)].join('.');
  });
}

function canonical(text: string): string | undefined {
  const ip = parseIp(text);
  return ip === undefined ? undefined : formatIp(ip);
}
