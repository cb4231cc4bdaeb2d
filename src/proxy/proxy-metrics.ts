/**
 * Figures of one kube-proxy under the names, labels and help texts of kube-proxy 1.36 (Kubernetes' metrics reference; upstream
 * pkg/proxy/metrics/metrics.go), in Prometheus' text format. Those of a backend are there in its mode alone, as there; userspace,
 * which has none of its own any more, shows those of ipvs: its rules are written by iptables-restore too.
 */
import type { IpFamily } from '../net/ip.ts';
import type { ProxyMode } from '../objects/proxy-mode.ts';
import type { ServicePortViews } from '../objects/service-port-view.ts';
import { PACKET_COUNTERS } from './backends/iptables/fixed-chains.ts';
import { Histogram, type Labels, MetricsPage } from './metrics-page.ts';
import type { SyncFailure, SyncResult } from './rule-sync.ts';

const SYNC_BUCKETS = Array.from({ length: 15 }, (_, index) => 0.001 * 2 ** index);
const range = (first: number, step: number, count: number) => Array.from({ length: count }, (_, i) => first + step * i);
/** Up to a minute by seconds, then coarser. */
const PROGRAMMING_BUCKETS = [0, ...range(0.25, 0.25, 2), ...range(1, 1, 59), ...range(60, 5, 12), ...range(120, 30, 7)];

/** Figures of one IP family. */
export class FamilyMetrics {
  readonly syncSeconds = new Histogram(SYNC_BUCKETS);
  readonly fullSyncSeconds = new Histogram(SYNC_BUCKETS);
  readonly partialSyncSeconds = new Histogram(SYNC_BUCKETS);
  readonly programmingSeconds = new Histogram(PROGRAMMING_BUCKETS);
  readonly flowSeconds = new Histogram(SYNC_BUCKETS);
  /** Seconds since the epoch. */
  lastSyncAt = 0;
  lastQueuedAt = 0;
  failures = 0;
  partialFailures = 0;
  cleanupFailures = 0;
  /** Flows of UDP that led nowhere, and were removed. */
  flowsRemoved = 0;
  /** Rules the last sync wrote, by table. */
  written: Readonly<Record<string, number>> = {};

  /** Notes a finished sync; `changedAt`: when what it brought was changed, milliseconds since the epoch. */
  synced(
    seconds: number,
    { isFull, written, flows }: Pick<SyncResult, 'isFull' | 'written' | 'flows'>,
    changedAt: readonly number[],
  ): void {
    this.syncSeconds.observe(seconds);
    (isFull ? this.fullSyncSeconds : this.partialSyncSeconds).observe(seconds);
    this.lastSyncAt = Date.now() / 1000;
    this.written = written;
    if (flows !== undefined) {
      this.flowSeconds.observe(flows.seconds);
      this.flowsRemoved += flows.removed;
    }
    for (const at of changedAt) this.programmingSeconds.observe(Math.max(0, (Date.now() - at) / 1000));
  }

  /** Notes a sync that failed. What only removes is tried again with the next one, and no packet goes astray for it. */
  failed(failure: SyncFailure | undefined): void {
    if (failure?.isCleanup === true) {
      this.cleanupFailures += 1;
      return;
    }
    this.failures += 1;
    if (failure?.isFull === false) this.partialFailures += 1;
  }
}

/** What is counted elsewhere and only shown here. */
export interface MetricsContext {
  readonly mode: ProxyMode;
  readonly views: ReadonlyMap<IpFamily, ServicePortViews>;
  /** kube-proxy's rules that stand in each table of iptables. */
  readonly standing: ReadonlyMap<IpFamily, Readonly<Record<string, number>>>;
  /** The kernel's packet counters, by name. */
  readonly packets: ReadonlyMap<string, number>;
}

type ByFamily = <T>(of: (family: FamilyMetrics) => T) => [Labels, T][];
const RULES = 'sync_proxy_rules_';

export class ProxyMetrics {
  readonly families: ReadonlyMap<IpFamily, FamilyMetrics>;
  serviceChanges = 0;
  endpointChanges = 0;
  /** Seen, and not yet in the rules. */
  servicesPending = 0;
  endpointsPending = 0;
  /** Answers of `/healthz` and `/livez`, by their status. */
  readonly healthz = new Map<number, number>();
  readonly livez = new Map<number, number>();

  constructor(families: readonly IpFamily[]) {
    this.families = new Map(families.map((family) => [family, new FamilyMetrics()]));
  }

  /** A sync has been asked for. */
  queued(): void {
    for (const family of this.families.values()) family.lastQueuedAt = Date.now() / 1000;
  }

  /** The page `/metrics` answers with. */
  render(context: MetricsContext): string {
    const page = new MetricsPage('kubeproxy_');
    const byFamily: ByFamily = (of) =>
      [...this.families].map(([family, metrics]) => [{ ip_family: `IPv${family}` }, of(metrics)]);
    page.histogram(
      'sync_proxy_rules_duration_seconds',
      'SyncProxyRules latency in seconds',
      byFamily((m) => m.syncSeconds),
    );
    page.histogram(
      'network_programming_duration_seconds',
      'In Cluster Network Programming Latency in seconds',
      byFamily((m) => m.programmingSeconds),
    );
    page.gauge(
      `${RULES}last_timestamp_seconds`,
      'The last time proxy rules were successfully synced',
      byFamily((m) => m.lastSyncAt),
    );
    page.gauge(
      `${RULES}last_queued_timestamp_seconds`,
      'The last time a sync of proxy rules was queued',
      byFamily((m) => m.lastQueuedAt),
    );
    page.counter(`${RULES}service_changes_total`, 'Cumulative proxy rules Service changes', [
      [{}, this.serviceChanges],
    ]);
    page.gauge(`${RULES}service_changes_pending`, 'Pending proxy rules Service changes', [[{}, this.servicesPending]]);
    page.counter(`${RULES}endpoint_changes_total`, 'Cumulative proxy rules Endpoint changes', [
      [{}, this.endpointChanges],
    ]);
    page.gauge(`${RULES}endpoint_changes_pending`, 'Pending proxy rules Endpoint changes', [
      [{}, this.endpointsPending],
    ]);
    page.gauge(
      `${RULES}no_local_endpoints_total`,
      'Number of services with a Local traffic policy and no endpoints',
      [...context.views].flatMap(([family, views]) => withoutLocalEndpoints(family, views)),
    );
    renderBackend(page, context, byFamily);
    renderFlows(page, byFamily);
    const byCode = (codes: ReadonlyMap<number, number>): [Labels, number][] =>
      [...codes].map(([code, count]) => [{ code: `${code}` }, count]);
    page.counter('proxy_healthz_total', 'Cumulative proxy healthz HTTP status', byCode(this.healthz));
    page.counter('proxy_livez_total', 'Cumulative proxy livez HTTP status', byCode(this.livez));
    return page.text;
  }
}

/** What only some modes have. */
function renderBackend(page: MetricsPage, { mode, standing, packets }: MetricsContext, byFamily: ByFamily): void {
  if (mode === 'nftables' || mode === 'iptables') renderDurations(page, byFamily);
  if (mode === 'nftables') {
    page.counter(
      `${RULES}nftables_sync_failures_total`,
      'Cumulative proxy nftables sync failures',
      byFamily((m) => m.failures),
    );
    page.counter(
      `${RULES}nftables_cleanup_failures_total`,
      'Cumulative proxy nftables cleanup failures',
      byFamily((m) => m.cleanupFailures),
    );
    return;
  }
  page.counter(
    `${RULES}iptables_restore_failures_total`,
    'Cumulative proxy iptables restore failures',
    byFamily((m) => m.failures),
  );
  if (mode !== 'iptables') return;
  page.counter(
    `${RULES}iptables_partial_restore_failures_total`,
    'Cumulative proxy iptables partial restore failures',
    byFamily((m) => m.partialFailures),
  );
  const byTable = (tables: readonly (readonly [Labels, Readonly<Record<string, number>>])[]): [Labels, number][] =>
    tables.flatMap(([labels, counts]) =>
      Object.entries(counts).map(([table, count]): [Labels, number] => [{ ...labels, table }, count]),
    );
  const now = [...standing].map(([family, counts]) => [{ ip_family: `IPv${family}` }, counts] as const);
  page.gauge(`${RULES}iptables_total`, 'Total number of iptables rules owned by kube-proxy', byTable(now));
  page.gauge(
    `${RULES}iptables_last`,
    'Number of iptables rules written by kube-proxy in last sync',
    byTable(byFamily((m) => ({ filter: 0, nat: 0, ...m.written }))),
  );
  renderPackets(page, packets);
}

function renderDurations(page: MetricsPage, byFamily: ByFamily): void {
  page.histogram(
    'sync_full_proxy_rules_duration_seconds',
    'SyncProxyRules latency in seconds for full resyncs',
    byFamily((m) => m.fullSyncSeconds),
  );
  page.histogram(
    'sync_partial_proxy_rules_duration_seconds',
    'SyncProxyRules latency in seconds for partial resyncs',
    byFamily((m) => m.partialSyncSeconds),
  );
}

function renderPackets(page: MetricsPage, packets: ReadonlyMap<string, number>): void {
  const show = (name: string, help: string, counter: string) => {
    const count = packets.get(counter);
    if (count !== undefined) page.counter(name, help, [[{}, count]]);
  };
  show(
    'iptables_ct_state_invalid_dropped_packets_total',
    'packets dropped by iptables to work around conntrack problems',
    PACKET_COUNTERS.invalid,
  );
  show(
    'iptables_localhost_nodeports_accepted_packets_total',
    'Number of packets accepted on nodeports of loopback interface',
    PACKET_COUNTERS.localhost,
  );
}

function renderFlows(page: MetricsPage, byFamily: ByFamily): void {
  page.histogram(
    'conntrack_reconciler_sync_duration_seconds',
    'ReconcileConntrackFlowsLatency latency in seconds',
    byFamily((m) => m.flowSeconds),
  );
  page.counter(
    'conntrack_reconciler_deleted_entries_total',
    'Cumulative conntrack flows deleted by conntrack reconciler',
    byFamily((m) => m.flowsRemoved),
  );
}

/** Services with a policy Local that have endpoints, but none on this node. */
function withoutLocalEndpoints(family: IpFamily, views: ServicePortViews): [Labels, number][] {
  const counts = { internal: 0, external: 0 };
  for (const { endpoints, isInternalPolicyLocal, isExternalPolicyLocal } of views.values()) {
    if (!endpoints.hasAny || endpoints.local.length > 0) continue;
    if (isInternalPolicyLocal) counts.internal += 1;
    if (isExternalPolicyLocal) counts.external += 1;
  }
  return Object.entries(counts).map(([policy, count]) => [
    { ip_family: `IPv${family}`, traffic_policy: policy },
    count,
  ]);
}
