/** A token bucket: so many at once, then so many a second. Knows the clock it is given and nothing else. */

export interface Rate {
  readonly perSecond: number;
  /** Allowed at once after a quiet time. */
  readonly burst: number;
}

export class RateLimit {
  readonly #rate: Rate;
  readonly #now: () => number;
  #left: number;
  #at: number;

  /** `now`: milliseconds that only grow. */
  constructor(rate: Rate, now: () => number = () => performance.now()) {
    this.#rate = rate;
    this.#now = now;
    this.#left = rate.burst;
    this.#at = now();
  }

  /** Takes one and returns 0; or takes none and returns the milliseconds until there is one. */
  take(): number {
    const { perSecond, burst } = this.#rate;
    const now = this.#now();
    this.#left = Math.min(burst, this.#left + ((now - this.#at) * perSecond) / 1000);
    this.#at = now;
    if (this.#left < 1) return Math.ceil(((1 - this.#left) * 1000) / perSecond);
    this.#left -= 1;
    return 0;
  }
}
