/** Names of the reverse zones. */
import { formatIp, parseIp } from '../net/ip.ts';

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

function canonical(text: string): string | undefined {
  const ip = parseIp(text);
  return ip === undefined ? undefined : formatIp(ip);
}
