import { describe, expect, it } from 'vitest';
import { DnsMetrics } from '../../src/dns/dns-metrics.ts';

describe('metrics', () => {
  it('renders the counters and the histogram of each series, as Prometheus reads them', () => {
    const metrics = new DnsMetrics(4);
    metrics.answered({ transport: 'udp', type: 'A', rcode: 0, plugin: 'kubernetes', seconds: 0.0003 });
    metrics.answered({ transport: 'udp', type: 'A', rcode: 3, plugin: '', seconds: 2 });
    metrics.answered({ transport: 'tcp', type: 'TYPE65280', rcode: 5, plugin: '', seconds: 0 });
    const lines = metrics.render().split('\n');
    const series = 'server="dns://:53",type="A",view="",zone="."';
    expect(lines).toEqual(
      expect.arrayContaining([
        '# TYPE coredns_dns_requests_total counter',
        `coredns_dns_requests_total{family="1",proto="udp",${series}} 2`,
        `coredns_dns_requests_total{family="1",proto="tcp",${series.replace('"A"', '"other"')}} 1`,
        'coredns_dns_responses_total{plugin="kubernetes",rcode="NOERROR",server="dns://:53",view="",zone="."} 1',
        'coredns_dns_responses_total{plugin="",rcode="NXDOMAIN",server="dns://:53",view="",zone="."} 1',
        '# TYPE coredns_dns_request_duration_seconds histogram',
        `coredns_dns_request_duration_seconds_bucket{${series},le="0.00025"} 0`,
        `coredns_dns_request_duration_seconds_bucket{${series},le="0.0005"} 1`,
        `coredns_dns_request_duration_seconds_bucket{${series},le="+Inf"} 2`,
        `coredns_dns_request_duration_seconds_count{${series}} 2`,
      ]),
    );
    expect(lines.at(-1)).toBe('');
  });
});
