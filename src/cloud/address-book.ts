/** Which Service has which address. Nothing is remembered over a crash: the Services' own status says it. */
import { keyOf } from '../client/informer.ts';
import type { Service } from '../objects/wire.ts';
import { chooseAddress } from './address-pool.ts';
import { addressOf } from './service-writer.ts';

export class AddressBook {
  readonly #blocks: readonly string[];
  /** Address → `namespace/name`. */
  readonly #owners = new Map<string, string>();

  constructor(blocks: readonly string[]) {
    this.#blocks = blocks;
  }

  /** Addresses in the status of these Services stay with them; of two with the same, with the older. */
  claim(services: readonly Service[]): void {
    const age = ({ metadata }: Service) => metadata?.creationTimestamp ?? '';
    for (const service of [...services].sort((a, b) => (age(a) < age(b) ? -1 : 1))) {
      const address = addressOf(service);
      if (address !== undefined && !this.#owners.has(address)) this.take(keyOf(service), address);
    }
  }

  /** The address for a Service that wants this one, or has that one. Throws a `LoadBalancerRefusal`. */
  choose(key: string, wanted: string | undefined, current: string | undefined): string {
    const otherOwner = (address: string) => {
      const owner = this.#owners.get(address);
      return owner === key ? undefined : owner;
    };
    return chooseAddress(this.#blocks, otherOwner, {
      ...(wanted === undefined ? {} : { wanted }),
      ...(current === undefined ? {} : { current }),
    });
  }

  take(key: string, address: string): void {
    this.#owners.set(address, key);
  }

  /** Gives back what this Service has, all but `kept`; true when that was something. */
  release(key: string, kept?: string): boolean {
    const given = [...this.#owners].filter(([address, owner]) => owner === key && address !== kept);
    for (const [address] of given) this.#owners.delete(address);
    return given.length > 0;
  }
}
