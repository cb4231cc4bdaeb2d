/**
 * How often a kube-proxy writes at most and looks at least: minSyncPeriod and syncPeriod of the mode it is in. Knows nothing of what
 * is written or looked at.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import type { ProxyMode } from '../objects/proxy-mode.ts';
import { timerMs } from '../objects/timer.ts';
import { backendConfig, type ProxyConfig } from './proxy-config.ts';

const CHECK_PERIOD_MS = 30_000;

export interface SyncPaceOptions {
  readonly config?: ProxyConfig | undefined;
  /** Where there is no configuration; default: 30 s. */
  readonly checkPeriodMs?: number | undefined;
  readonly mode: () => ProxyMode;
}

export class SyncPace {
  readonly #options: SyncPaceOptions;
  /** By `performance.now()`. */
  #syncedAt: number | undefined;
  #hurry = Promise.withResolvers<void>();
  #timer: NodeJS.Timeout | undefined;

  constructor(options: SyncPaceOptions) {
    this.#options = options;
  }

  /** Milliseconds between two looks. */
  get periodMs(): number {
    const { config, checkPeriodMs = CHECK_PERIOD_MS, mode } = this.#options;
    return config === undefined ? checkPeriodMs : backendConfig(config, mode()).syncPeriodMs;
  }

  synced(): void {
    this.#syncedAt = performance.now();
  }

  /** Resolves when minSyncPeriod has gone by since the last sync: changes that come sooner are taken together. */
  async keepDistance(): Promise<void> {
    const { config, mode } = this.#options;
    if (config === undefined || this.#syncedAt === undefined) return;
    const leftMs = this.#syncedAt + backendConfig(config, mode()).minSyncPeriodMs - performance.now();
    if (leftMs <= 0) return;
    await Promise.race([sleep(timerMs(leftMs), undefined, { ref: false }), this.#hurry.promise]);
    this.#hurry = Promise.withResolvers<void>();
  }

  /** Somebody waits: no distance is kept before the next sync. */
  hurry(): void {
    this.#hurry.resolve();
  }

  /** Has `look` called every period from now on; to be said again when the mode is another. */
  look(look: () => void): void {
    clearInterval(this.#timer);
    this.#timer = setInterval(look, timerMs(this.periodMs));
    this.#timer.unref();
  }

  stop(): void {
    clearInterval(this.#timer);
    this.hurry();
  }
}
