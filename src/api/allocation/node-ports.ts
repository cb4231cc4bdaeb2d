/**
 * Which node ports are taken. As with addresses, the lower part of the range is left to users who choose (KEP-3668):
 * of 30000–32767 the first 86.
 */
const MIN_OFFSET = 16;
const MAX_OFFSET = 128;
const STEP = 32;

export interface PortRange {
  /** Both ends included. */
  readonly first: number;
  readonly last: number;
}

export class NodePorts {
  readonly range: PortRange;
  readonly #taken = new Set<number>();
  readonly #random: () => number;

  constructor(range: PortRange, random: () => number) {
    this.range = range;
    this.#random = random;
  }

  /** Why this port cannot be had, in Kubernetes' words; undefined when it can. */
  whyNot(port: number): string | undefined {
    const { first, last } = this.range;
    if (port < first || port > last) {
      return `provided port is not in the valid range. The range of valid ports is ${first}-${last}`;
    }
    return this.#taken.has(port) ? 'provided port is already allocated' : undefined;
  }

  /** A free port, not yet taken and not in `reserved`; undefined when the range is full. */
  findFree(reserved: ReadonlySet<number>): number | undefined {
    const { first, last } = this.range;
    const size = last - first + 1;
    const offset = size <= MIN_OFFSET ? 0 : Math.min(MAX_OFFSET, Math.max(MIN_OFFSET, Math.trunc(size / STEP)));
    return this.#search(first + offset, last, reserved) ?? this.#search(first, first + offset - 1, reserved);
  }

  take(port: number): void {
    this.#taken.add(port);
  }

  giveBack(port: number): void {
    this.#taken.delete(port);
  }

  #search(first: number, last: number, reserved: ReadonlySet<number>): number | undefined {
    const size = last - first + 1;
    const start = Math.floor(this.#random() * size);
    for (let step = 0; step < size; step += 1) {
      const port = first + ((start + step) % size);
      if (!this.#taken.has(port) && !reserved.has(port)) return port;
    }
    return undefined;
  }
}
