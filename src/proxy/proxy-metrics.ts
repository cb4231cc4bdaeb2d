/** Figures of one kube-proxy under the names kube-proxy's own metrics have, in Prometheus' text format. */

const DURATION_BUCKETS = Array.from({ length: 15 }, (_, index) => 0.001 * 2 ** index);
const PREFIX = 'kubeproxy_sync_';

export class Histogram {
  readonly #counts = new Array<number>(DURATION_BUCKETS.length).fill(0);
  #count = 0;
  #sum = 0;

  observe(seconds: number): void {
    this.#count += 1;
    this.#sum += seconds;
    for (const [index, bound] of DURATION_BUCKETS.entries()) {
      if (seconds <= bound) this.#counts[index]! += 1;
    }
  }

  lines(name: string): string[] {
    return [
      ...DURATION_BUCKETS.map((bound, index) => `${name}_bucket{le="${bound}"} ${this.#counts[index]}`),
      `${name}_bucket{le="+Inf"} ${this.#count}`,
      `${name}_sum ${this.#sum}`,
      `${name}_count ${this.#count}`,
    ];
  }
}

export class ProxyMetrics {
  readonly syncSeconds = new Histogram();
  readonly fullSyncSeconds = new Histogram();
  readonly partialSyncSeconds = new Histogram();
  lastSyncAt = 0;
  lastQueuedAt = 0;
  serviceChanges = 0;
  endpointChanges = 0;
  restoreFailures = 0;
  partialRestoreFailures = 0;

  /** Notes a finished sync. */
  synced(seconds: number, isFull: boolean): void {
    this.syncSeconds.observe(seconds);
    (isFull ? this.fullSyncSeconds : this.partialSyncSeconds).observe(seconds);
    this.lastSyncAt = Date.now() / 1000;
  }

  /** The page `/metrics` answers with. */
  render(): string {
    const page: string[] = [];
    const histogram = (name: string, help: string, value: Histogram) =>
      page.push(`# HELP ${name} [ALPHA] ${help}`, `# TYPE ${name} histogram`, ...value.lines(name));
    const single = (type: 'counter' | 'gauge', name: string, help: string, value: number) =>
      page.push(`# HELP ${name} [ALPHA] ${help}`, `# TYPE ${name} ${type}`, `${name} ${value}`);
    histogram(`${PREFIX}proxy_rules_duration_seconds`, 'Latency of a sync, seconds', this.syncSeconds);
    histogram(`${PREFIX}full_proxy_rules_duration_seconds`, 'Latency of a full sync, seconds', this.fullSyncSeconds);
    histogram(
      `${PREFIX}partial_proxy_rules_duration_seconds`,
      'Latency of a partial sync, seconds',
      this.partialSyncSeconds,
    );
    const rules = `${PREFIX}proxy_rules_`;
    single('gauge', `${rules}last_timestamp_seconds`, 'When rules were last synced', this.lastSyncAt);
    single('gauge', `${rules}last_queued_timestamp_seconds`, 'When a sync was last asked for', this.lastQueuedAt);
    single('counter', `${rules}service_changes_total`, 'Changes of Services seen', this.serviceChanges);
    single('counter', `${rules}endpoint_changes_total`, 'Changes of EndpointSlices seen', this.endpointChanges);
    single('counter', `${rules}iptables_restore_failures_total`, 'Failed writes of rules', this.restoreFailures);
    single(
      'counter',
      `${rules}iptables_partial_restore_failures_total`,
      'Failed writes of partial syncs',
      this.partialRestoreFailures,
    );
    return `${page.join('\n')}\n`;
  }
}
