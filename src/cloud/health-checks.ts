/**
 * Health checks of our own, for members of what is balanced packet by packet: an HTTP GET that must answer 200, from the
 * load balancer's namespace over the network. HAProxy's rules: a member counts as up until it fails, and changes after
 * `CHECKS_TO_CHANGE` checks in a row.
 */
import { request } from 'node:http';
import type { Socket } from 'node:net';
import { CHECK_EVERY_MS, CHECKS_TO_CHANGE, HEALTH_PATH } from './haproxy-config.ts';

export interface CheckTarget {
  readonly address: string;
  readonly port: number;
}

interface Checked {
  readonly target: CheckTarget;
  isUp: boolean;
  /** Checks in a row that said otherwise. */
  dissenting: number;
  /** When the first of them was sent: milliseconds since the epoch. */
  since: number;
  timer: NodeJS.Timeout | undefined;
}

export interface HealthCheckOptions {
  readonly connect: (target: CheckTarget) => Socket;
  /** A member has come up or gone down; `afterMs`: since the first check that said so. */
  readonly onChange: (target: CheckTarget, isUp: boolean, afterMs: number) => void;
  readonly everyMs?: number;
  /** How long one check may take; default: as `everyMs`. */
  readonly timeoutMs?: number;
}

export class HealthChecks {
  readonly #options: HealthCheckOptions;
  readonly #checked = new Map<string, Checked>();

  constructor(options: HealthCheckOptions) {
    this.#options = options;
  }

  /** Checks these from now on, and no others. */
  watch(targets: readonly CheckTarget[]): void {
    const wanted = new Map(targets.map((target) => [keyOf(target), target]));
    for (const [key, checked] of this.#checked) {
      if (wanted.has(key)) continue;
      clearTimeout(checked.timer);
      this.#checked.delete(key);
    }
    for (const [key, target] of wanted) {
      if (this.#checked.has(key)) continue;
      const checked: Checked = { target, isUp: true, dissenting: 0, since: 0, timer: undefined };
      this.#checked.set(key, checked);
      void this.#check(key, checked);
    }
  }

  /** True until the checks have said otherwise. */
  isUp(target: CheckTarget): boolean {
    return this.#checked.get(keyOf(target))?.isUp ?? true;
  }

  async #check(key: string, checked: Checked): Promise<void> {
    const { everyMs = CHECK_EVERY_MS, timeoutMs = everyMs } = this.#options;
    const startedAt = Date.now();
    const isUp = await this.#ask(checked.target, timeoutMs);
    if (this.#checked.get(key) !== checked) return;
    checked.timer = setTimeout(() => void this.#check(key, checked), Math.max(0, everyMs - (Date.now() - startedAt)));
    if (isUp === checked.isUp) {
      checked.dissenting = 0;
      return;
    }
    if (checked.dissenting === 0) checked.since = startedAt;
    checked.dissenting += 1;
    if (checked.dissenting < CHECKS_TO_CHANGE) return;
    checked.isUp = isUp;
    checked.dissenting = 0;
    this.#options.onChange(checked.target, isUp, Date.now() - checked.since);
  }

  #ask(target: CheckTarget, timeoutMs: number): Promise<boolean> {
    const socket = this.#options.connect(target);
    return new Promise((resolve) => {
      const timer = setTimeout(() => end(false), timeoutMs);
      function end(isUp: boolean): void {
        clearTimeout(timer);
        socket.destroy();
        resolve(isUp);
      }
      const headers = { host: target.address };
      const question = request({ path: HEALTH_PATH, createConnection: () => socket, headers });
      question.on('response', (response) => end(response.statusCode === 200));
      question.on('error', () => end(false));
      question.end();
    });
  }
}

function keyOf({ address, port }: CheckTarget): string {
  return `${address}:${port}`;
}
