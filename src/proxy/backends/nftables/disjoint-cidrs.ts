/** A set of nftables takes no address twice, so a block within another block must not be listed beside it. Pure. */
import { type Cidr, cidrContains, formatCidr, parseCidr } from '../../../net/cidr.ts';
import { parseIp } from '../../../net/ip.ts';

/** The blocks and addresses without those that lie in another, in canonical form, in their order. What is neither is left out. */
export function disjointCidrs(texts: readonly string[]): string[] {
  const blocks = new Map<string, Cidr>();
  for (const text of texts) {
    const block = parseCidr(text) ?? parseCidr(`${text}/${parseIp(text)?.family === 6 ? 128 : 32}`);
    if (block !== undefined) blocks.set(formatCidr(block), block);
  }
  const isWithin = (inner: Cidr, outer: Cidr) =>
    outer.prefix < inner.prefix && cidrContains(outer, { family: inner.family, value: inner.base });
  return [...blocks]
    .filter(([, inner]) => ![...blocks.values()].some((outer) => isWithin(inner, outer)))
    .map(([text]) => text);
}
