/**
 * Whether kube-proxy does its work: healthy while no change waits longer than it should, eligible while its node is not on its
 * way out (upstream pkg/proxy/healthcheck/proxy_health.go). Kept apart from who asks.
 */
import type { Node } from '../objects/wire.ts';

/** The autoscaler's, on a node it is about to remove. */
const TO_BE_DELETED = 'ToBeDeletedByClusterAutoscaler';

export class ProxyHealth {
  readonly #timeoutMs: () => number;
  readonly #now: () => number;
  #oldestPending: number | undefined;
  #lastUpdated = 0;
  /** Until a node says otherwise. */
  isNodeEligible = true;

  /** `timeoutMs`: two sync periods, in kube-proxy; a mode has its own. */
  constructor(timeoutMs: () => number, now: () => number = Date.now) {
    this.#timeoutMs = timeoutMs;
    this.#now = now;
  }

  /** A change has come that is not yet in the rules. */
  queued(): void {
    this.#oldestPending ??= this.#now();
  }

  /** All changes are in the rules. */
  updated(): void {
    this.#oldestPending = undefined;
    this.#lastUpdated = this.#now();
  }

  nodeChanged(node: Node | undefined): void {
    const isLeaving = node?.metadata?.deletionTimestamp !== undefined;
    this.isNodeEligible = !isLeaving && node?.spec?.taints?.some(({ key }) => key === TO_BE_DELETED) !== true;
  }

  get isHealthy(): boolean {
    return this.#oldestPending === undefined || this.#now() - this.#oldestPending < this.#timeoutMs();
  }

  /** Milliseconds since the epoch; of a healthy kube-proxy always now. */
  get lastUpdated(): number {
    return this.isHealthy ? this.#now() : this.#lastUpdated;
  }
}
