/** The addresses a cloud gives its load balancers: which are its own, which is free next. Pure; who has which is told by the caller. */
import { cidrContains, cidrOf, cidrSize, nthAddress } from '../net/cidr.ts';
import { formatIp, parseIp } from '../net/ip.ts';
import { LoadBalancerRefusal } from './refusal.ts';

/** The blocks as a user reads them: `203.0.113.0/24, 198.51.100.0/24`. */
function list(blocks: readonly string[]): string {
  return blocks.join(', ');
}

/**
 * The address for one Service: `wanted` when it asks for one, else `current` when that is still one of ours, else the lowest free one.
 * `ownerOf` names who has an address (`namespace/name`), other than the asker. Throws a `LoadBalancerRefusal`.
 */
export function chooseAddress(
  blocks: readonly string[],
  ownerOf: (address: string) => string | undefined,
  { wanted, current }: { readonly wanted?: string; readonly current?: string },
): string {
  if (wanted !== undefined && wanted !== '') return checkWanted(blocks, ownerOf, wanted);
  if (current !== undefined && isOurs(blocks, current) && ownerOf(current) === undefined) return current;
  for (const block of blocks) {
    const cidr = cidrOf(block);
    const size = cidrSize(cidr);
    // A network's first and last address look like no host's; of a block of one or two all are given.
    const [first, end] = size > 2n ? [1n, size - 1n] : [0n, size];
    for (let index = first; index < end; index += 1n) {
      const address = nthAddress(cidr, index);
      if (ownerOf(address) === undefined) return address;
    }
  }
  throw new LoadBalancerRefusal(`no address of ${list(blocks)} is free`);
}

/** Whether the address lies in one of the blocks. */
export function isOurs(blocks: readonly string[], address: string): boolean {
  const ip = parseIp(address);
  return ip !== undefined && blocks.some((block) => cidrContains(cidrOf(block), ip));
}

function checkWanted(
  blocks: readonly string[],
  ownerOf: (address: string) => string | undefined,
  wanted: string,
): string {
  const ip = parseIp(wanted);
  if (ip === undefined) throw new LoadBalancerRefusal(`the requested address "${wanted}" is no IP address`);
  if (!isOurs(blocks, wanted))
    throw new LoadBalancerRefusal(`the requested address ${wanted} is not among the addresses ${list(blocks)}`);
  const address = formatIp(ip);
  const owner = ownerOf(address);
  if (owner !== undefined) throw new LoadBalancerRefusal(`the requested address ${address} is in use by ${owner}`);
  return address;
}
