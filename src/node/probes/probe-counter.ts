/** Turns the outcomes of a probe into a verdict by its thresholds. Pure but for its count. */

export class ProbeCounter {
  readonly #successThreshold: number;
  readonly #failureThreshold: number;
  #last: boolean | undefined;
  #run = 0;

  constructor({
    successThreshold = 1,
    failureThreshold = 3,
  }: { successThreshold?: number; failureThreshold?: number }) {
    this.#successThreshold = successThreshold;
    this.#failureThreshold = failureThreshold;
  }

  /** The verdict this outcome completes, or undefined while the threshold is not reached. */
  add(success: boolean): boolean | undefined {
    this.#run = this.#last === success ? this.#run + 1 : 1;
    this.#last = success;
    const threshold = success ? this.#successThreshold : this.#failureThreshold;
    return this.#run >= threshold ? success : undefined;
  }
}
