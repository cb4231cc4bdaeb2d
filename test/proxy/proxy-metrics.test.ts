import { describe, expect, it } from 'vitest';
import { PROXY_MODES, type ProxyMode } from '../../src/objects/proxy-mode.ts';
import { ProxyMetrics } from '../../src/proxy/proxy-metrics.ts';
import { standingRules, writtenRules } from '../../src/proxy/rule-counts.ts';
import { service, slice, viewsOf } from './fixtures.ts';

/** What each mode registers upstream (pkg/proxy/metrics/metrics.go, RegisterMetrics). */
const EVERYWHERE = [
  'conntrack_reconciler_deleted_entries_total counter ip_family',
  'conntrack_reconciler_sync_duration_seconds histogram ip_family',
  'network_programming_duration_seconds histogram ip_family',
  'proxy_healthz_total counter code',
  'proxy_livez_total counter code',
  'sync_proxy_rules_duration_seconds histogram ip_family',
  'sync_proxy_rules_endpoint_changes_pending gauge ',
  'sync_proxy_rules_endpoint_changes_total counter ',
  'sync_proxy_rules_last_queued_timestamp_seconds gauge ip_family',
  'sync_proxy_rules_last_timestamp_seconds gauge ip_family',
  'sync_proxy_rules_no_local_endpoints_total gauge ip_family,traffic_policy',
  'sync_proxy_rules_service_changes_pending gauge ',
  'sync_proxy_rules_service_changes_total counter ',
];
const RESTORE = 'sync_proxy_rules_iptables_restore_failures_total counter ip_family';
const DURATIONS = [
  'sync_full_proxy_rules_duration_seconds histogram ip_family',
  'sync_partial_proxy_rules_duration_seconds histogram ip_family',
];
const IPTABLES = [
  ...DURATIONS,
  RESTORE,
  'iptables_ct_state_invalid_dropped_packets_total counter ',
  'iptables_localhost_nodeports_accepted_packets_total counter ',
  'sync_proxy_rules_iptables_last gauge ip_family,table',
  'sync_proxy_rules_iptables_partial_restore_failures_total counter ip_family',
  'sync_proxy_rules_iptables_total gauge ip_family,table',
];
const NFTABLES = [
  ...DURATIONS,
  'sync_proxy_rules_nftables_cleanup_failures_total counter ip_family',
  'sync_proxy_rules_nftables_sync_failures_total counter ip_family',
];

const there = [slice([{ ip: '10.244.2.2', nodeName: 'node-2' }])];

const COUNTED = new Map([
  ['ct_state_invalid_dropped_pkts', 5],
  ['localhost_nps_accepted_pkts', 6],
]);

function page(mode: ProxyMode, packets: ReadonlyMap<string, number> = COUNTED): string {
  const metrics = new ProxyMetrics([4, 6]);
  metrics.healthz.set(200, 3);
  metrics.livez.set(503, 1);
  const family = metrics.families.get(4)!;
  const flows = { seconds: 0.1, removed: 4 };
  family.synced(0.003, { isFull: true, written: { nat: 7, filter: 2 }, flows }, [Date.now() - 2_000]);
  family.failed(undefined);
  family.failed({ isFull: false, isCleanup: false });
  family.failed({ isFull: false, isCleanup: true });
  return metrics.render({
    mode,
    views: new Map([[4, viewsOf([service({ internalTrafficPolicy: 'Local' })], there)]]),
    standing: new Map([[4, { nat: 9 }]]),
    packets,
  });
}

/** `name type labels` of each metric. */
function namesOf(text: string): string[] {
  return [...text.matchAll(/^# TYPE kubeproxy_(\S+) (\S+)$/gm)]
    .map(([, name = '', type = '']) => {
      const sample = new RegExp(`^kubeproxy_${name}(?:_bucket)?(?:\\{(.*)\\})? `, 'm').exec(text)?.[1] ?? '';
      const labels = [...sample.matchAll(/(\w+)=/g)].map((match) => match[1]).filter((label) => label !== 'le');
      return `${name} ${type} ${labels.join(',')}`;
    })
    .sort();
}

describe('the metrics of kube-proxy', () => {
  it('have upstream’s names, types and labels', () => {
    const own = { iptables: IPTABLES, ipvs: [RESTORE], nftables: NFTABLES, userspace: [RESTORE] };
    for (const mode of PROXY_MODES) expect(namesOf(page(mode)), mode).toEqual([...EVERYWHERE, ...own[mode]].sort());
  });

  it('lack the counted packets where the kernel counts none', () => {
    const names = [...EVERYWHERE, ...IPTABLES].filter((name) => !name.startsWith('iptables_'));
    expect(namesOf(page('iptables', new Map()))).toEqual(names.sort());
  });

  it('count failures by what failed', () => {
    const failures = (mode: ProxyMode) =>
      [...page(mode).matchAll(/^kubeproxy_sync_proxy_rules_(\w+_failures_total)\{ip_family="IPv4"\} (\d+)$/gm)]
        .map(([, name, count]) => `${name} ${count}`)
        .sort();
    expect(failures('iptables')).toEqual([
      'iptables_partial_restore_failures_total 1',
      'iptables_restore_failures_total 2',
    ]);
    expect(failures('nftables')).toEqual(['nftables_cleanup_failures_total 1', 'nftables_sync_failures_total 2']);
  });

  it('have the figures', () => {
    const text = page('iptables');
    expect(text).toContain('kubeproxy_proxy_healthz_total{code="200"} 3\n');
    expect(text).toContain('kubeproxy_sync_full_proxy_rules_duration_seconds_bucket{ip_family="IPv4",le="0.004"} 1\n');
    expect(text).toContain('kubeproxy_sync_full_proxy_rules_duration_seconds_bucket{ip_family="IPv4",le="0.002"} 0\n');
    expect(text).toContain('kubeproxy_sync_proxy_rules_iptables_last{ip_family="IPv4",table="nat"} 7\n');
    expect(text).toContain('kubeproxy_sync_proxy_rules_iptables_total{ip_family="IPv4",table="nat"} 9\n');
    expect(text).toContain('kubeproxy_network_programming_duration_seconds_bucket{ip_family="IPv4",le="1"} 0\n');
    expect(text).toContain('kubeproxy_network_programming_duration_seconds_count{ip_family="IPv4"} 1\n');
    expect(text).toContain('kubeproxy_conntrack_reconciler_deleted_entries_total{ip_family="IPv4"} 4\n');
    expect(text).toContain('kubeproxy_conntrack_reconciler_sync_duration_seconds_count{ip_family="IPv4"} 1\n');
    expect(text).toContain('kubeproxy_conntrack_reconciler_sync_duration_seconds_count{ip_family="IPv6"} 0\n');
    expect(text).toContain('kubeproxy_iptables_ct_state_invalid_dropped_packets_total 5\n');
    expect(text).toContain('kubeproxy_iptables_localhost_nodeports_accepted_packets_total 6\n');
    const local = 'kubeproxy_sync_proxy_rules_no_local_endpoints_total{ip_family="IPv4",traffic_policy=';
    expect(text).toContain(`${local}"internal"} 1\n`);
    expect(text).toContain(`${local}"external"} 0\n`);
  });

  it('count rules where they are written and where they stand', () => {
    const text = '*nat\n:A - [0:0]\n-A A -j B\n-I A -j C\n-D A -j D\nCOMMIT\n*filter\n-A X -j Y\nCOMMIT\n';
    expect(writtenRules([{ tool: 'iptables-restore', family: 4, text }])).toEqual({ nat: 2, filter: 1 });
    const save =
      '*nat\n-A PREROUTING -j KUBE-SERVICES\n-A KUBE-SERVICES -j X\n-A MINE -j ACCEPT\nCOMMIT\n*filter\n-A INPUT -j KUBE-FIREWALL\n-A KUBE-FIREWALL -j DROP\nCOMMIT\n';
    expect(standingRules(save)).toEqual({ nat: 2 });
  });
});
