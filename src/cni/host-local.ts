/**
 * Addresses of one node's pods, as the host-local IPAM plugin gives them: the next free one behind the last given,
 * round the block, so that a released address rests as long as possible. Pure bookkeeping; the kernel is where it is
 * recovered from.
 */
import { type Cidr, cidrContains, cidrOf, cidrSize, formatCidr, nthAddress } from '../net/cidr.ts';
import { parseIp } from '../net/ip.ts';

export class AddressesExhausted extends Error {
  override readonly name = 'AddressesExhausted';
}

export class HostLocalPool {
  readonly #cidr: Cidr;
  /** Places from the network address: 0 is the network itself, 1 the gateway, the last the broadcast address. */
  readonly #taken = new Set<number>();
  readonly #first = 2;
  readonly #last: number;
  #cursor: number;

  constructor(podCidr: string) {
    this.#cidr = cidrOf(podCidr);
    const size = cidrSize(this.#cidr);
    // An IPv6 block has more addresses than any node pods.
    this.#last = Number(size > 1n << 24n ? 1n << 24n : size) - 2;
    this.#cursor = this.#first - 1;
    if (this.#last < this.#first) throw new RangeError(`${formatCidr(this.#cidr)} has no room for pods`);
  }

  /** `10.244.1.1`: the bridge's own, the pods' gateway. */
  get gateway(): string {
    return nthAddress(this.#cidr, 1);
  }

  /** How many addresses are given. */
  get size(): number {
    return this.#taken.size;
  }

  /** The next free address; throws `AddressesExhausted`, in the plugin's words, when there is none. */
  allocate(): string {
    const count = this.#last - this.#first + 1;
    for (let step = 1; step <= count; step += 1) {
      const place = this.#first + ((this.#cursor - this.#first + step + count) % count);
      if (this.#taken.has(place)) continue;
      this.#taken.add(place);
      this.#cursor = place;
      return nthAddress(this.#cidr, place);
    }
    const range = `${nthAddress(this.#cidr, 1)}-${nthAddress(this.#cidr, this.#last)}`;
    throw new AddressesExhausted(`no IP addresses available in range set: ${range}`);
  }

  /** Marks an address that a pod was found with. False when it is not of this block, or taken. */
  reserve(address: string): boolean {
    const place = this.#placeOf(address);
    if (place === undefined || this.#taken.has(place)) return false;
    this.#taken.add(place);
    this.#cursor = Math.max(this.#cursor, place);
    return true;
  }

  /** Gives an address back; one that was not given is passed over. */
  release(address: string): void {
    const place = this.#placeOf(address);
    if (place !== undefined) this.#taken.delete(place);
  }

  #placeOf(address: string): number | undefined {
    const ip = parseIp(address);
    if (ip === undefined || !cidrContains(this.#cidr, ip)) return undefined;
    const place = Number(ip.value - this.#cidr.base);
    return place < this.#first || place > this.#last ? undefined : place;
  }
}

/** The pools of a node with several families: a pod has an address of each, in the blocks' order. */
export class HostLocalPools {
  readonly #pools: readonly HostLocalPool[];

  constructor(podCidrs: readonly string[]) {
    this.#pools = podCidrs.map((podCidr) => new HostLocalPool(podCidr));
  }

  /** One address of each block; throws `AddressesExhausted` when a block has none, and then takes none of the others. */
  allocate(): string[] {
    const addresses: string[] = [];
    try {
      for (const pool of this.#pools) addresses.push(pool.allocate());
      return addresses;
    } catch (error) {
      this.release(addresses);
      throw error;
    }
  }

  /**
   * Marks the addresses that a pod was found with, and gives them in the blocks' order. Undefined, and nothing marked, when
   * they are not one of each block or one is taken.
   */
  reserve(found: readonly string[]): string[] | undefined {
    const addresses: string[] = [];
    for (const pool of this.#pools) {
      const own = found.find((address) => pool.reserve(address));
      if (own === undefined) {
        this.release(addresses);
        return undefined;
      }
      addresses.push(own);
    }
    return addresses;
  }

  /** Gives addresses back; those that were not given are passed over. */
  release(addresses: readonly string[]): void {
    for (const pool of this.#pools) for (const address of addresses) pool.release(address);
  }
}
