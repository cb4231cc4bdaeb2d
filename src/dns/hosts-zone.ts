/** Names with fixed addresses, as a hosts file has them: the `hosts` plugin, and the resolver on the fabric's gateway. Pure. */
import { isIp } from '../net/ip.ts';
import { type DnsAnswer, type DnsRecord, RCODE } from './dns-record.ts';
import { isWithin } from './domain-name.ts';
import { emptyAnswer } from './message.ts';
import { addressOfReverseName } from './reverse-name.ts';

export interface HostEntry {
  readonly address: string;
  /** Lower case; the first is the one its PTR record leads to. */
  readonly names: readonly string[];
}

export class HostsZone {
  readonly #addresses = new Map<string, string[]>();
  readonly #names = new Map<string, string>();
  readonly #ttl: number;

  /** `ttl` in seconds. */
  constructor(entries: readonly HostEntry[], ttl: number) {
    this.#ttl = ttl;
    for (const { address, names } of entries) {
      for (const name of names) this.#addresses.set(name, [...(this.#addresses.get(name) ?? []), address]);
      if (names[0] !== undefined && !this.#names.has(address)) this.#names.set(address, names[0]);
    }
  }

  /** The answer; undefined for a name that is not here. A name between others (`com`) is here, without records. */
  answer(name: string, type: string): DnsAnswer | undefined {
    const lower = name.toLowerCase();
    const target = this.#names.get(addressOfReverseName(lower) ?? '');
    if (target !== undefined) return this.#found(type === 'PTR' ? [{ name, ttl: this.#ttl, type, data: target }] : []);
    const addresses = this.#addresses.get(lower);
    if (addresses === undefined) {
      const isAbove = [...this.#addresses.keys()].some((known) => isWithin(known, lower));
      return isAbove ? this.#found([]) : undefined;
    }
    const family = type === 'A' ? 4 : type === 'AAAA' ? 6 : undefined;
    return this.#found(
      addresses
        .filter((address) => family !== undefined && isIp(address, family))
        .map((data): DnsRecord => ({ name, ttl: this.#ttl, type: family === 4 ? 'A' : 'AAAA', data })),
    );
  }

  #found(answers: readonly DnsRecord[]): DnsAnswer {
    return { ...emptyAnswer(RCODE.NOERROR), answers };
  }
}
