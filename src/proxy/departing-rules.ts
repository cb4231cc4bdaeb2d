/**
 * Rules of former modes that connections under way still need: nothing new goes by them, and they go with the last of these. Whoever
 * changes the mode is told when they are gone, but not kept waiting for long: a connection may last for days.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import type { ProxyMode } from '../objects/proxy-mode.ts';
import type { NodeRules } from './node-rules.ts';

/** How long a change of mode waits for connections to end, milliseconds. */
const PATIENCE_MS = 5_000;
/** Between two looks whether they have; each pause is twice the one before it. */
const FIRST_PAUSE_MS = 50;
const LONGEST_PAUSE_MS = 2_000;

/** Of one family. */
interface Former {
  readonly mode: ProxyMode;
  readonly rules: Pick<NodeRules, 'settle' | 'stay' | 'cleanup'>;
  readonly connections: number;
}

/** What is left of a mode. */
export interface Departing {
  readonly mode: ProxyMode;
  /** How many connections still go by it. */
  readonly connections: number;
}

export class DepartingRules {
  readonly #onError: (error: unknown) => void;
  #left: readonly Former[] = [];
  #halt = new AbortController();
  /** Resolves when nobody waits for their end any more; and when nobody looks any more. */
  #awaited: Promise<void> = Promise.resolve();
  #followed: Promise<void> = Promise.resolve();

  /** `onError` is told of looks that failed; others follow. */
  constructor(onError: (error: unknown) => void) {
    this.#onError = onError;
  }

  /** The first of the former modes that connections still go by; undefined when there is none. */
  get departing(): Departing | undefined {
    const mode = this.#left.find(({ connections }) => connections > 0)?.mode;
    if (mode === undefined) return undefined;
    const alike = this.#left.filter((former) => former.mode === mode);
    return { mode, connections: alike.reduce((sum, { connections }) => sum + connections, 0) };
  }

  /** Follows rules of a mode that have retired to their end. */
  async follow(mode: ProxyMode, rules: readonly Former['rules'][]): Promise<void> {
    await this.halt();
    this.#left = [...this.#left, ...rules.map((each) => ({ mode, rules: each, connections: 0 }))];
    // Mostly there is no more to it.
    await this.#look(false).catch(this.#onError);
    this.#begin();
  }

  /** Resolves when they are gone, or when that takes longer than a few seconds. */
  settled(): Promise<void> {
    return this.#awaited;
  }

  /** Looks no more: what stands stays. */
  async halt(): Promise<void> {
    this.#halt.abort();
    await this.#followed;
  }

  /** This mode is to be the present one again: it takes over what stands. */
  async comeBack(mode: ProxyMode): Promise<void> {
    await this.halt();
    const back = this.#left.filter((former) => former.mode === mode);
    this.#left = this.#left.filter((former) => former.mode !== mode);
    this.#begin();
    for (const { rules } of back) await rules.stay();
  }

  /** Removes them, connections or not. */
  async remove(): Promise<void> {
    await this.halt();
    const left = this.#left;
    this.#left = [];
    for (const { rules } of left) await rules.cleanup();
  }

  #begin(): void {
    this.#halt = new AbortController();
    const awaited = Promise.withResolvers<void>();
    this.#awaited = awaited.promise;
    this.#followed = this.#lookOn(this.#halt.signal, awaited.resolve).finally(awaited.resolve);
  }

  /** Until nothing is left, or a halt, which ends the pause too. Most connections end soon, some never. */
  async #lookOn(signal: AbortSignal, onPatienceOver: () => void): Promise<void> {
    const deadline = performance.now() + PATIENCE_MS;
    let pause = FIRST_PAUSE_MS;
    while (this.#left.length > 0 && !signal.aborted) {
      await sleep(pause, undefined, { signal, ref: false }).catch(() => undefined);
      if (signal.aborted) return;
      const isLate = performance.now() > deadline;
      await this.#look(isLate).catch(this.#onError);
      if (isLate) onPatienceOver();
      pause = Math.min(2 * pause, LONGEST_PAUSE_MS);
    }
  }

  async #look(isLate: boolean): Promise<void> {
    const left: Former[] = [];
    for (const former of this.#left) {
      const connections = await former.rules.settle(isLate);
      if (connections > 0) left.push({ ...former, connections });
    }
    this.#left = left;
  }
}
