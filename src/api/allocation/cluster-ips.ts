/** Which cluster IPs are taken, over all ServiceCIDRs of both families. */
import { cidrContains } from '../../net/cidr.ts';
import { formatIp, type Ip, type IpFamily, parseIp } from '../../net/ip.ts';
import { IpRange } from './ip-range.ts';

export class ClusterIps {
  readonly #ranges = new Map<string, IpRange[]>();
  readonly #taken = new Set<string>();
  readonly #random: () => number;

  constructor(random: () => number) {
    this.#random = random;
  }

  /** Sets the ranges of the ServiceCIDR with this name. */
  setRanges(name: string, cidrs: readonly string[]): void {
    this.#ranges.set(
      name,
      cidrs.map((cidr) => new IpRange(cidr)),
    );
  }

  removeRanges(name: string): void {
    this.#ranges.delete(name);
  }

  /** Why this address cannot be had, in Kubernetes' words; undefined when it can. */
  whyNot(text: string): string | undefined {
    const ip = parseIp(text);
    // Since ServiceCIDRs are objects, an address of none of them and one that its range does not give out (the
    // network's own) are refused in different words.
    const range = ip && this.#all().find(({ cidr }) => cidrContains(cidr, ip));
    if (ip === undefined || range === undefined) return 'the provided network does not match the current range';
    if (!range.contains(ip)) {
      return `the provided IP (${text}) is not in the valid range. The range of valid IPs is ${range}`;
    }
    return this.#taken.has(formatIp(ip)) ? 'provided IP is already allocated' : undefined;
  }

  /** A free address of the family, not yet taken; undefined when every range is full. */
  findFree(family: IpFamily): string | undefined {
    for (const range of this.#all()) {
      if (range.cidr.family !== family) continue;
      const value = range.next((candidate) => this.#taken.has(formatIp({ family, value: candidate })), this.#random);
      if (value !== undefined) return formatIp({ family, value });
    }
    return undefined;
  }

  take(text: string): void {
    this.#taken.add(canonical(text));
  }

  giveBack(text: string): void {
    this.#taken.delete(canonical(text));
  }

  #all(): IpRange[] {
    return [...this.#ranges.values()].flat();
  }
}

function canonical(text: string): string {
  const ip: Ip | undefined = parseIp(text);
  return ip === undefined ? text : formatIp(ip);
}
