/**
 * Runs a sync so that changes which come while one runs are merged into the next: never two at once, never one too
 * few. A failed sync is tried again with back-off. Each run has a generation, so that a test or a scenario can wait
 * for "programmed" instead of for time.
 */
const RETRY_FIRST_MS = 100;
const RETRY_MOST_MS = 10_000;

export class CoalescingRunner {
  readonly #sync: () => Promise<void>;
  readonly #onError: (error: unknown) => void;
  #requested = 0;
  #done = 0;
  #active = false;
  #stopped = false;
  #failures = 0;
  #retry: { readonly timer: NodeJS.Timeout; readonly at: number } | undefined;
  #waiters: { generation: number; resolve: () => void }[] = [];
  #idle: (() => void)[] = [];

  constructor(sync: () => Promise<void>, onError: (error: unknown) => void) {
    this.#sync = sync;
    this.#onError = onError;
  }

  /** Asks for a sync; returns the generation that will include every change made before this call. */
  request(): number {
    this.#requested += 1;
    if (this.#retry === undefined) this.#kick();
    // The change may be what the failed sync lacked: no need to sit out a long back-off.
    else if (this.#retry.at - Date.now() > RETRY_FIRST_MS) this.#retryIn(RETRY_FIRST_MS);
    return this.#requested;
  }

  /** Resolves when a successful sync has included `generation` (default: everything asked for so far), or on stop. */
  settled(generation = this.#requested): Promise<void> {
    if (this.#done >= generation || this.#stopped) return Promise.resolve();
    return new Promise((resolve) => this.#waiters.push({ generation, resolve }));
  }

  /** `done` counts only what a successful sync has included. */
  get generation(): { readonly requested: number; readonly done: number } {
    return { requested: this.#requested, done: this.#done };
  }

  /** Waits for a running sync and starts no other. Not to be awaited from within the sync. */
  async stop(): Promise<void> {
    this.#stopped = true;
    clearTimeout(this.#retry?.timer);
    this.#retry = undefined;
    if (this.#active) await new Promise<void>((resolve) => this.#idle.push(resolve));
    for (const waiter of this.#waiters.splice(0)) waiter.resolve();
  }

  #kick(): void {
    if (this.#active || this.#stopped) return;
    this.#active = true;
    // One turn of the event loop lets every change of the same batch of events in.
    setImmediate(() => void this.#run());
  }

  async #run(): Promise<void> {
    const generation = this.#requested;
    try {
      if (this.#stopped) return;
      await this.#sync();
      this.#failures = 0;
      this.#done = generation;
      const ready = this.#waiters.filter((waiter) => waiter.generation <= generation);
      this.#waiters = this.#waiters.filter((waiter) => waiter.generation > generation);
      for (const waiter of ready) waiter.resolve();
    } catch (error) {
      if (!this.#stopped) this.#retryIn(Math.min(RETRY_FIRST_MS * 2 ** this.#failures, RETRY_MOST_MS));
      this.#failures += 1;
      this.#report(error);
    } finally {
      this.#active = false;
      for (const resolve of this.#idle.splice(0)) resolve();
      if (this.#retry === undefined && this.#requested > this.#done) this.#kick();
    }
  }

  #retryIn(ms: number): void {
    clearTimeout(this.#retry?.timer);
    const timer = setTimeout(() => {
      this.#retry = undefined;
      this.#kick();
    }, ms);
    this.#retry = { timer, at: Date.now() + ms };
  }

  /** A reporter that throws must not end the process by an unhandled rejection. */
  #report(error: unknown): void {
    try {
      this.#onError(error);
    } catch (failure) {
      process.emitWarning(`could not report a failed sync: ${String(failure)}`);
    }
  }
}
