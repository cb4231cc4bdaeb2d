import { describe, expect, it } from 'vitest';
import { mayLeaveStaleFlows, planStaleFlows } from '../../src/proxy/stale-conntrack.ts';
import { service, slice, viewsOf } from './fixtures.ts';

const DNS = [{ name: 'dns', port: 53, nodePort: 30053, protocol: 'UDP' }];
const KEY = 'ns1/svc1:dns/UDP';

function views(...ips: string[]) {
  const ports = [{ name: 'dns', port: 1053, protocol: 'UDP' }];
  return viewsOf([service({ type: 'NodePort', ports: DNS, externalIPs: ['192.0.2.7'] })], [slice(ips, { ports })]);
}

function flowLine(
  destination: string,
  port: number,
  replySource: string,
  { protocol = 'udp      17', from = 1053 } = {},
) {
  return `${protocol} 29 src=10.244.1.9 dst=${destination} sport=4000 dport=${port} [UNREPLIED] src=${replySource} dst=10.244.1.9 sport=${from} dport=4000 mark=0 use=1`;
}

function deletions(listing: string, ...ips: string[]): string[] {
  return planStaleFlows(listing, views(...ips), 4).batches.map((batch) =>
    batch.tool === 'command' ? batch.argv.join(' ') : '',
  );
}

describe('stale UDP flows', () => {
  it('are those to a Service that are answered by no serving endpoint', () => {
    const listing = [
      flowLine('172.30.0.41', 53, '10.244.1.2'),
      flowLine('172.30.0.41', 53, '10.244.2.2'),
      flowLine('172.30.0.41', 54, '10.244.1.2'),
      flowLine('192.0.2.7', 53, '10.244.1.2'),
      flowLine('192.168.1.11', 30053, '10.244.1.2'),
      flowLine('8.8.8.8', 53, '8.8.8.8'),
      flowLine('172.30.0.41', 53, '10.244.1.2', { protocol: 'tcp      6' }),
      'conntrack v1.4.7 (conntrack-tools): 7 flow entries have been shown.',
    ].join('\n');
    expect(deletions(listing, '10.244.2.2')).toEqual([
      'conntrack -D -f ipv4 -p udp --orig-dst 172.30.0.41 --orig-port-dst 53 --reply-src 10.244.1.2 --reply-port-src 1053',
      'conntrack -D -f ipv4 -p udp --orig-dst 192.0.2.7 --orig-port-dst 53 --reply-src 10.244.1.2 --reply-port-src 1053',
      'conntrack -D -f ipv4 -p udp --orig-port-dst 30053 --reply-src 10.244.1.2 --reply-port-src 1053',
    ]);
  });

  it('are removed by one command for all clients', () => {
    const lines = ['10.244.1.9', '10.244.1.10', '10.244.1.11'].map((client) =>
      flowLine('172.30.0.41', 53, '10.244.1.2').replaceAll('10.244.1.9', client),
    );
    expect(deletions(lines.join('\n'), '10.244.2.2')).toHaveLength(1);
    expect(planStaleFlows(lines.join('\n'), views('10.244.2.2'), 4).count).toBe(3);
  });

  it('are also those to a port that the endpoint has left for another', () => {
    const listing = [
      flowLine('172.30.0.41', 53, '10.244.2.2', { from: 5353 }),
      flowLine('172.30.0.41', 53, '10.244.2.2'),
    ].join('\n');
    expect(deletions(listing, '10.244.2.2')).toEqual([
      'conntrack -D -f ipv4 -p udp --orig-dst 172.30.0.41 --orig-port-dst 53 --reply-src 10.244.2.2 --reply-port-src 5353',
    ]);
  });

  it('include flows that began before there were endpoints', () => {
    expect(deletions(flowLine('172.30.0.41', 53, '172.30.0.41'), '10.244.2.2')).toHaveLength(1);
  });

  it('are left alone while a Service has no serving endpoint', () => {
    expect(deletions(flowLine('172.30.0.41', 53, '10.244.1.2'))).toEqual([]);
  });

  it('are looked for only when other endpoints serve than before', () => {
    const [none, one, same, other] = [views(), views('10.244.1.2'), views('10.244.1.2'), views('10.244.2.2')].map(
      (each) => each.get(KEY),
    );
    expect(mayLeaveStaleFlows(one, other)).toBe(true);
    expect(mayLeaveStaleFlows(none, one)).toBe(true);
    expect(mayLeaveStaleFlows(undefined, one)).toBe(true);
    expect(mayLeaveStaleFlows(one, same)).toBe(false);
    expect(mayLeaveStaleFlows(one, none)).toBe(false);
    const elsewhere = viewsOf(
      [service({ ports: DNS })],
      [slice(['10.244.1.2'], { ports: [{ name: 'dns', port: 5353, protocol: 'UDP' }] })],
    ).get(KEY);
    expect(mayLeaveStaleFlows(one, elsewhere)).toBe(true);
    const tcp = viewsOf([service()], [slice(['10.244.1.2'])]).get('ns1/svc1:p80/TCP');
    expect(mayLeaveStaleFlows(undefined, tcp)).toBe(false);
  });
});
