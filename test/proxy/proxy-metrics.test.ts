import { describe, expect, it } from 'vitest';
import { ProxyMetrics } from '../../src/proxy/proxy-metrics.ts';
import { standingRules, writtenRules } from '../../src/proxy/rule-counts.ts';
import { service, slice, viewsOf } from './fixtures.ts';

/** As Kubernetes' metrics reference lists them for kube-proxy; two of its conntrack reconciler and the nfacct counters are not had. */
const EVERYWHERE = [
  'network_programming_duration_seconds histogram ip_family',
  'proxy_healthz_total counter code',
  'proxy_livez_total counter code',
  'sync_full_proxy_rules_duration_seconds histogram ip_family',
  'sync_partial_proxy_rules_duration_seconds histogram ip_family',
  'sync_proxy_rules_duration_seconds histogram ip_family',
  'sync_proxy_rules_endpoint_changes_pending gauge ',
  'sync_proxy_rules_endpoint_changes_total counter ',
  'sync_proxy_rules_last_queued_timestamp_seconds gauge ip_family',
  'sync_proxy_rules_last_timestamp_seconds gauge ip_family',
  'sync_proxy_rules_no_local_endpoints_total gauge ip_family,traffic_policy',
  'sync_proxy_rules_service_changes_pending gauge ',
  'sync_proxy_rules_service_changes_total counter ',
];
const IPTABLES = [
  'sync_proxy_rules_iptables_last gauge ip_family,table',
  'sync_proxy_rules_iptables_partial_restore_failures_total counter ip_family',
  'sync_proxy_rules_iptables_restore_failures_total counter ip_family',
  'sync_proxy_rules_iptables_total gauge ip_family,table',
];
const NFTABLES = [
  'sync_proxy_rules_nftables_cleanup_failures_total counter ip_family',
  'sync_proxy_rules_nftables_sync_failures_total counter ip_family',
];

const there = [slice([{ ip: '10.244.2.2', nodeName: 'node-2' }])];

function page(mode: 'iptables' | 'nftables'): string {
  const metrics = new ProxyMetrics([4, 6]);
  metrics.healthz.set(200, 3);
  metrics.livez.set(503, 1);
  metrics.families.get(4)!.synced(0.003, { isFull: true, written: { nat: 7, filter: 2 } }, [Date.now() - 2_000]);
  return metrics.render({
    mode,
    views: new Map([[4, viewsOf([service({ internalTrafficPolicy: 'Local' })], there)]]),
    standing: new Map([[4, { nat: 9 }]]),
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
    expect(namesOf(page('iptables'))).toEqual([...EVERYWHERE, ...IPTABLES].sort());
    expect(namesOf(page('nftables'))).toEqual([...EVERYWHERE, ...NFTABLES].sort());
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
