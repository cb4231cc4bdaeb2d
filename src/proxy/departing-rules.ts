/**
 * Rules of former modes that connections under way still need: nothing new goes by them, and they go with the last of these. Whoever
 * changes the mode is told when they are gone, but not kept waiting for long: a connection may last for days.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import type { ProxyMode } from '../objects/proxy-mode.ts';
import type { NodeRules } from './node-rules.ts';

/** How long a change of mode waits for connections to end, milliseconds. */
const PATIENCE_MS = 5_000;
/** How often is looked whether they have, while a change waits and afterwards. */
const LOOK_EVERY_MS = 50;
const LATER_EVERY_MS = 2_000;

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
    await this.#look().catch(this.#onError);
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
    const { signal } = this.#halt;
    const deadline = performance.now() + PATIENCE_MS;
    this.#awaited = this.#lookOn(LOOK_EVERY_MS, () => signal.aborted || performance.now() > deadline);
    this.#followed = this.#awaited.then(() => this.#lookOn(LATER_EVERY_MS, () => signal.aborted));
  }

  async #lookOn(everyMs: number, isEnough: () => boolean): Promise<void> {
    const { signal } = this.#halt;
    while (this.#left.length > 0 && !isEnough()) {
      await this.#look().catch(this.#onError);
      // A halt ends the pause.
      if (this.#left.length > 0) await sleep(everyMs, undefined, { signal, ref: false }).catch(() => undefined);
    }
  }

  async #look(): Promise<void> {
    const left: Former[] = [];
    for (const former of this.#left) {
      const connections = await former.rules.settle();
      if (connections > 0) left.push({ ...former, connections });
    }
    this.#left = left;
  }
}
