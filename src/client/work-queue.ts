/**
 * A keyed work queue, as client-go's rate-limited one: a key that is asked for several times is processed once, never
 * twice at the same time, and again when it was asked for meanwhile. A key whose processing failed comes back after
 * a back-off of its own.
 */
import { timerMs } from '../objects/timer.ts';

export interface WorkQueueOptions {
  /** Brings the world in line with what the key names. A rejection brings the key back later. */
  readonly process: (key: string) => Promise<void>;
  /** Told of each failure; `attempt` counts from 1. */
  readonly onError: (error: unknown, key: string, attempt: number) => void;
  /** Keys processed at the same time; default 1. */
  readonly concurrency?: number;
  /** Back-off after the first failure, doubled with each further one; default 10 ms. */
  readonly retryFirstMs?: number;
  /** The longest back-off; default 30 s. */
  readonly retryMostMs?: number;
}

interface Delayed {
  readonly timer: NodeJS.Timeout;
  readonly at: number;
  readonly retry: boolean;
}

export class WorkQueue {
  readonly #options: WorkQueueOptions;
  readonly #ready = new Set<string>();
  readonly #running = new Set<string>();
  readonly #again = new Set<string>();
  readonly #delayed = new Map<string, Delayed>();
  readonly #failures = new Map<string, number>();
  #idle: (() => void)[] = [];
  #turned: (() => void)[] = [];
  #started = false;
  #stopped = false;
  #scheduled = false;

  constructor(options: WorkQueueOptions) {
    this.#options = options;
  }

  /** Processes what was added so far, and what comes. */
  start(): void {
    this.#started = true;
    this.#schedule();
  }

  /** Asks for the key to be processed as soon as possible. */
  add(key: string): void {
    if (this.#stopped) return;
    this.#forgetTimer(key);
    if (this.#running.has(key)) this.#again.add(key);
    else this.#ready.add(key);
    this.#schedule();
  }

  /** Asks for the key in `ms` milliseconds; of several delays the shortest counts. */
  addAfter(key: string, ms: number): void {
    this.#delay(key, ms, false);
  }

  /** Keys that wait for their turn or are being processed. */
  get size(): number {
    return this.#ready.size + this.#running.size;
  }

  /** Resolves when no key waits, runs or is to be retried (delays asked for by `addAfter` do not count), or on stop. */
  idle(): Promise<void> {
    if (this.#stopped || this.#isIdle()) return Promise.resolve();
    return new Promise((resolve) => this.#idle.push(resolve));
  }

  /** Resolves when every key added so far has been tried, whether it succeeded or is to be retried, or on stop. */
  async drained(): Promise<void> {
    while (!this.#stopped && this.size > 0) await new Promise<void>((resolve) => this.#turned.push(resolve));
  }

  /** Starts no further key, and resolves when the running ones have ended. */
  async stop(): Promise<void> {
    this.#stopped = true;
    for (const { timer } of this.#delayed.values()) clearTimeout(timer);
    this.#delayed.clear();
    this.#ready.clear();
    this.#again.clear();
    if (this.#running.size > 0) await new Promise<void>((resolve) => this.#idle.push(resolve));
    this.#settle();
  }

  #schedule(): void {
    if (!this.#started || this.#stopped || this.#scheduled) return;
    this.#scheduled = true;
    // The next turn of the event loop: a burst of events becomes one run, and input and output get their turn.
    setImmediate(() => {
      this.#scheduled = false;
      this.#dispatch();
    });
  }

  #dispatch(): void {
    for (const key of this.#ready) {
      if (this.#running.size >= (this.#options.concurrency ?? 1)) return;
      this.#ready.delete(key);
      this.#running.add(key);
      void this.#process(key);
    }
  }

  async #process(key: string): Promise<void> {
    try {
      await this.#options.process(key);
      this.#failures.delete(key);
    } catch (error) {
      const attempt = (this.#failures.get(key) ?? 0) + 1;
      this.#failures.set(key, attempt);
      const { retryFirstMs = 10, retryMostMs = 30_000 } = this.#options;
      if (!this.#again.has(key)) this.#delay(key, Math.min(retryFirstMs * 2 ** (attempt - 1), retryMostMs), true);
      this.#report(error, key, attempt);
    } finally {
      this.#running.delete(key);
      if (this.#again.delete(key)) this.#ready.add(key);
      this.#settle();
      this.#schedule();
    }
  }

  #delay(key: string, ms: number, retry: boolean): void {
    if (this.#stopped) return;
    const at = Date.now() + ms;
    const known = this.#delayed.get(key);
    if (known !== undefined && known.at <= at) {
      this.#delayed.set(key, { ...known, retry: known.retry || retry });
      return;
    }
    this.#forgetTimer(key);
    const timer = setTimeout(() => {
      this.#delayed.delete(key);
      this.add(key);
    }, timerMs(ms));
    this.#delayed.set(key, { timer, at, retry: retry || (known?.retry ?? false) });
  }

  #forgetTimer(key: string): void {
    clearTimeout(this.#delayed.get(key)?.timer);
    this.#delayed.delete(key);
  }

  #isIdle(): boolean {
    if (this.size > 0) return false;
    for (const { retry } of this.#delayed.values()) if (retry) return false;
    return true;
  }

  #settle(): void {
    for (const resolve of this.#turned.splice(0)) resolve();
    if (!this.#isIdle()) return;
    for (const resolve of this.#idle.splice(0)) resolve();
  }

  #report(error: unknown, key: string, attempt: number): void {
    try {
      this.#options.onError(error, key, attempt);
    } catch (failure) {
      process.emitWarning(`could not report a failure of ${key}: ${String(failure)}`);
    }
  }
}
