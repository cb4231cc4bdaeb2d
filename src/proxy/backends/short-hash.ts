/** The hash kube-proxy puts into names of chains: the beginning of a base32 SHA-256 (RFC 4648, upper case). */
import { hash } from 'node:crypto';

const BASE32 = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567';

/** The first `length` characters, of 5 bits each. */
export function shortHash(text: string, length: number): string {
  const bytes = hash('sha256', text, 'buffer');
  let encoded = '';
  for (let bit = 0; bit < length * 5; bit += 5) {
    const pair = (bytes[bit >> 3]! << 8) | bytes[(bit >> 3) + 1]!;
    encoded += BASE32[(pair >> (11 - (bit & 7))) & 31];
  }
  return encoded;
}
