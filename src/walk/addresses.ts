/** Addresses out of packet bytes, in the form `ip` prints them. */

/** Six bytes as `02:42:0a:f4:01:02`. */
export function macAt(bytes: Buffer, offset: number): string {
  return bytes.toString('hex', offset, offset + 6).replace(/..(?!$)/g, '$&:');
}

/** Four bytes as `10.244.1.2`. */
export function ipv4At(bytes: Buffer, offset: number): string {
  return bytes.subarray(offset, offset + 4).join('.');
}

/** Sixteen bytes in the canonical text of RFC 5952. */
export function ipv6At(bytes: Buffer, offset: number): string {
  const groups = Array.from({ length: 8 }, (_, index) => bytes.readUInt16BE(offset + 2 * index));
  const { start, length } = longestZeroRun(groups);
  const text = (part: number[]): string => part.map((group) => group.toString(16)).join(':');
  if (length < 2) return text(groups);
  return `${text(groups.slice(0, start))}::${text(groups.slice(start + length))}`;
}

function longestZeroRun(groups: readonly number[]): { start: number; length: number } {
  let best = { start: 0, length: 0 };
  for (let start = 0; start < groups.length; start += 1) {
    let length = 0;
    while (groups[start + length] === 0) length += 1;
    if (length > best.length) best = { start, length };
  }
  return best;
}
