/**
 * Addresses of one Service range. Kubernetes keeps the lower part for addresses that users choose (KEP-3070): dynamic
 * allocation starts at a random place of the upper part and turns to the lower one only when that is full. So
 * 10.96.0.10 stays free for the cluster's DNS.
 */
import { type Cidr, cidrContains, cidrOf, cidrSize, formatCidr } from '../../net/cidr.ts';
import type { Ip } from '../../net/ip.ts';

const MIN_OFFSET = 16;
const MAX_OFFSET = 256;
const STEP = 16;

export class IpRange {
  readonly cidr: Cidr;
  /** Neither the network's own address nor, for IPv4, the broadcast address can be had. */
  readonly #first: bigint;
  readonly #last: bigint;
  readonly #dynamic: bigint;

  constructor(text: string) {
    this.cidr = cidrOf(text);
    const size = cidrSize(this.cidr);
    this.#first = this.cidr.base + 1n;
    this.#last = this.cidr.base + size - (this.cidr.family === 4 ? 2n : 1n);
    const offset = size <= MIN_OFFSET ? 0n : size / BigInt(STEP);
    const bounded =
      offset === 0n ? 0n : offset < MIN_OFFSET ? BigInt(MIN_OFFSET) : offset > MAX_OFFSET ? BigInt(MAX_OFFSET) : offset;
    this.#dynamic = this.#first + bounded;
  }

  /** True when the address can be had from this range. */
  contains(ip: Ip): boolean {
    return cidrContains(this.cidr, ip) && ip.value >= this.#first && ip.value <= this.#last;
  }

  /** A free address; undefined when all are taken. `random` gives numbers in [0, 1). */
  next(isTaken: (value: bigint) => boolean, random: () => number): bigint | undefined {
    return (
      search(this.#dynamic, this.#last, isTaken, random) ?? search(this.#first, this.#dynamic - 1n, isTaken, random)
    );
  }

  /** `10.96.0.0/12`. */
  toString(): string {
    return formatCidr(this.cidr);
  }
}

/** The first free value from a random start, round the range once. */
function search(
  first: bigint,
  last: bigint,
  isTaken: (value: bigint) => boolean,
  random: () => number,
): bigint | undefined {
  if (last < first) return undefined;
  const size = last - first + 1n;
  // 48 bits of randomness: the distance from the start of the range matters to nobody beyond that.
  const span = size > 2n ** 48n ? 2n ** 48n : size;
  const start = first + BigInt(Math.floor(random() * Number(span)));
  for (let value = start; value <= last; value += 1n) if (!isTaken(value)) return value;
  for (let value = first; value < start; value += 1n) if (!isTaken(value)) return value;
  return undefined;
}
