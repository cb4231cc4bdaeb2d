import { describe, expect, it } from 'vitest';
import type { DnsAnswer } from '../../src/dns/dns-record.ts';
import { ClusterZone } from '../../src/dns/zone.ts';
import { service, slice, zoneOf } from './fixtures.ts';

const { zone } = zoneOf();

/** An answer as lines: `type data`, or the code for a negative one. */
function lines(answer: DnsAnswer | undefined): string[] {
  if (answer === undefined) return ['not ours'];
  if (answer.answers.length > 0)
    return answer.answers.map(({ type, data, ttl }) => {
      const text = typeof data === 'string' ? data : Object.values(data).join(' ');
      return `${ttl} ${type} ${text}`;
    });
  expect(answer.authorities.map(({ type }) => type)).toEqual(['SOA']);
  return [answer.rcode === 3 ? 'NXDOMAIN' : 'NODATA'];
}
const ask = (name: string, type: string) => lines(zone.answer(name, type));

describe('the Kubernetes DNS specification 1.1.0', () => {
  it.each<[string, string, string[]]>([
    // 2.2 the schema version
    ['dns-version.cluster.local', 'TXT', ['28800 TXT 1.1.0']],
    // 2.3 Services with a ClusterIP
    ['web.default.svc.cluster.local', 'A', ['5 A 10.96.7.7']],
    ['web.default.svc.cluster.local', 'AAAA', ['NODATA']],
    ['dual.default.svc.cluster.local', 'A', ['5 A 10.96.7.9']],
    ['dual.default.svc.cluster.local', 'AAAA', ['5 AAAA fd00:96::9']],
    ['_http._tcp.web.default.svc.cluster.local', 'SRV', ['5 SRV 0 100 80 web.default.svc.cluster.local']],
    ['_dns._udp.web.default.svc.cluster.local', 'SRV', ['5 SRV 0 100 53 web.default.svc.cluster.local']],
    ['_http._udp.web.default.svc.cluster.local', 'SRV', ['NXDOMAIN']],
    ['_http._tcp.web.default.svc.cluster.local', 'A', ['NODATA']],
    ['plain.default.svc.cluster.local', 'SRV', ['NODATA']],
    ['7.7.96.10.in-addr.arpa', 'PTR', ['5 PTR web.default.svc.cluster.local']],
    [
      '9.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.6.9.0.0.0.0.d.f.ip6.arpa',
      'PTR',
      ['5 PTR dual.default.svc.cluster.local'],
    ],
    ['7.7.96.10.in-addr.arpa', 'A', ['NODATA']],
    // 2.4 headless Services
    ['db.default.svc.cluster.local', 'A', ['5 A 10.244.1.3', '5 A 10.244.2.3', '5 A 10.244.2.4']],
    ['db-0.db.default.svc.cluster.local', 'A', ['5 A 10.244.1.3']],
    ['10-244-2-4.db.default.svc.cluster.local', 'A', ['5 A 10.244.2.4']],
    ['db-9.db.default.svc.cluster.local', 'A', ['NXDOMAIN']],
    [
      '_http._tcp.db.default.svc.cluster.local',
      'SRV',
      [
        '5 SRV 0 33 8080 db-0.db.default.svc.cluster.local',
        '5 SRV 0 33 8080 db-1.db.default.svc.cluster.local',
        '5 SRV 0 33 8080 10-244-2-4.db.default.svc.cluster.local',
      ],
    ],
    ['3.1.244.10.in-addr.arpa', 'PTR', ['5 PTR db-0.db.default.svc.cluster.local']],
    // 2.5 ExternalName
    ['outside.default.svc.cluster.local', 'CNAME', ['5 CNAME database.example.com']],
    ['outside.default.svc.cluster.local', 'A', ['5 CNAME database.example.com']],
    ['inside.default.svc.cluster.local', 'A', ['5 CNAME web.default.svc.cluster.local', '5 A 10.96.7.7']],
    ['number.default.svc.cluster.local', 'A', ['NXDOMAIN']],
    // pods
    ['10-244-1-2.default.pod.cluster.local', 'A', ['5 A 10.244.1.2']],
    ['fd00--1.default.pod.cluster.local', 'AAAA', ['5 AAAA fd00::1']],
    ['10-244-1-2.nowhere.pod.cluster.local', 'A', ['NXDOMAIN']],
    ['web-0.default.pod.cluster.local', 'A', ['NXDOMAIN']],
  ])('%s %s', (name, type, expected) => {
    expect(ask(name, type)).toEqual(expected);
  });
});

describe('NXDOMAIN and NODATA', () => {
  it.each([
    ['cluster.local', 'A', 'NODATA'],
    ['svc.cluster.local', 'A', 'NODATA'],
    ['pod.cluster.local', 'A', 'NODATA'],
    ['default.svc.cluster.local', 'A', 'NODATA'],
    ['default.pod.cluster.local', 'A', 'NODATA'],
    ['db.default.svc.cluster.local', 'MX', 'NODATA'],
    ['empty.default.svc.cluster.local', 'A', 'NXDOMAIN'],
    ['_http._tcp.empty.default.svc.cluster.local', 'SRV', 'NXDOMAIN'],
    ['nowhere.svc.cluster.local', 'A', 'NXDOMAIN'],
    ['nothing.default.svc.cluster.local', 'A', 'NXDOMAIN'],
    ['web.kube-system.svc.cluster.local', 'A', 'NXDOMAIN'],
    ['a.b.web.default.svc.cluster.local', 'A', 'NXDOMAIN'],
    ['a.outside.default.svc.cluster.local', 'A', 'NXDOMAIN'],
    ['a.10-244-1-2.default.pod.cluster.local', 'A', 'NXDOMAIN'],
    ['other.cluster.local', 'A', 'NXDOMAIN'],
    ['1.1.168.192.in-addr.arpa', 'PTR', 'NXDOMAIN'],
    ['x.in-addr.arpa', 'PTR', 'NXDOMAIN'],
    ['in-addr.arpa', 'PTR', 'NODATA'],
    ['constructor.prototype.svc.cluster.local', 'A', 'NXDOMAIN'],
  ])('%s %s is %s', (name, type, expected) => {
    expect(ask(name, type)).toEqual([expected]);
  });

  it('has the SOA of the zone the name is of', () => {
    const owner = (name: string) => zone.answer(name, 'A')!.authorities.map((record) => record.name);
    expect(owner('nothing.cluster.local')).toEqual(['cluster.local']);
    expect(owner('7.7.96.10.in-addr.arpa')).toEqual(['in-addr.arpa']);
    expect(owner('x.ip6.arpa')).toEqual(['ip6.arpa']);
  });

  it('leaves other names to others', () => {
    for (const name of ['example.com', 'notcluster.local', 'local', '']) expect(zone.answer(name, 'A')).toBeUndefined();
    const { index } = zoneOf();
    const narrow = new ClusterZone(index, { domain: 'cluster.local', reverse: ['96.10.in-addr.arpa'] });
    expect(narrow.answer('3.1.244.10.in-addr.arpa', 'PTR')).toBeUndefined();
    expect(narrow.answer('7.7.96.10.in-addr.arpa', 'PTR')!.answers).toHaveLength(1);
  });
});

it('gives the addresses of SRV targets beside them', () => {
  expect(zone.answer('_http._tcp.db.default.svc.cluster.local', 'SRV')!.additionals).toContainEqual({
    name: 'db-0.db.default.svc.cluster.local',
    ttl: 5,
    type: 'A',
    data: '10.244.1.3',
  });
  expect(zone.answer('web.default.svc.cluster.local', 'SRV')!.additionals).toHaveLength(1);
  expect(zone.answer('web.default.svc.cluster.local', 'SRV')!.answers).toHaveLength(2);
});

it('answers in the spelling of the question, whatever its case', () => {
  expect(zone.answer('WEB.Default.SVC.cluster.LOCAL', 'A')!.answers).toEqual([
    { name: 'WEB.Default.SVC.cluster.LOCAL', ttl: 5, type: 'A', data: '10.96.7.7' },
  ]);
});

it('ends a circle of ExternalNames', () => {
  expect(zone.answer('loop.default.svc.cluster.local', 'A')!.answers.length).toBeLessThan(20);
});

it('has the Service it is an endpoint of for its name server, before there is one a name of its own', () => {
  const { zone, index } = zoneOf();
  const ns = () => zone.answer('cluster.local', 'NS')!;
  const own = 'ns.dns.cluster.local';
  expect([lines(ns()), lines(zone.answer(own, 'A'))]).toEqual([
    ['5 NS web.default.svc.cluster.local'],
    ['5 A 10.96.7.7'],
  ]);
  expect(ns().additionals).toMatchObject([{ name: 'web.default.svc.cluster.local', data: '10.96.7.7' }]);
  index.setService(service('web', {}), false);
  expect([lines(ns()), lines(zone.answer(own, 'A'))]).toEqual([[`5 NS ${own}`], ['5 A 10.244.1.2']]);
});

it('answers no pod names where pods are disabled', () => {
  const disabled = new ClusterZone(zoneOf().index, { domain: 'cluster.local', pods: 'disabled', ttl: 30 });
  expect(lines(disabled.answer('10-244-1-2.default.pod.cluster.local', 'A'))).toEqual(['NXDOMAIN']);
  expect(lines(disabled.answer('web.default.svc.cluster.local', 'A'))).toEqual(['30 A 10.96.7.7']);
});

it('asks to have an outside target looked up', () => {
  expect(zone.answer('outside.default.svc.cluster.local', 'A')!.chase).toBe('database.example.com');
  expect(zone.answer('outside.default.svc.cluster.local', 'CNAME')!.chase).toBeUndefined();
});

describe('RecordIndex', () => {
  it('follows changes: endpoints come and go, a Service leaves, a slice changes hands', () => {
    const { zone, index } = zoneOf();
    const answer = (name: string, type = 'A') => lines(zone.answer(`${name}.default.svc.cluster.local`, type));
    index.setSlice(slice('empty', [{ addresses: ['10.244.1.9'] }]), true);
    expect(answer('empty')).toEqual(['5 A 10.244.1.9']);
    index.setSlice(slice('empty', [{ addresses: ['10.244.1.8'] }], [], 'second'), true);
    expect(answer('empty')).toEqual(['5 A 10.244.1.9', '5 A 10.244.1.8']);
    index.setSlice(slice('db', [{ addresses: ['10.244.1.9'] }], [], 'empty-abc'), true);
    expect(answer('empty')).toEqual(['5 A 10.244.1.8']);
    expect(answer('db')).toContain('5 A 10.244.1.9');
    index.setSlice(slice('db', [], [], 'empty-abc'), false);
    expect(answer('db')).not.toContain('5 A 10.244.1.9');

    index.setService(service('db', {}), false);
    expect(answer('db')).toEqual(['NXDOMAIN']);
    expect(lines(zone.answer('3.1.244.10.in-addr.arpa', 'PTR'))).toEqual(['NXDOMAIN']);
    index.setService(service('db', { clusterIP: 'None' }), true);
    expect(answer('db')).toHaveLength(3);
    index.setNamespace({ metadata: { name: 'kube-system' } }, false);
    expect(lines(zone.answer('kube-system.svc.cluster.local', 'A'))).toEqual(['NXDOMAIN']);
  });

  it('knows both Services of one pod by its address', () => {
    const { zone } = zoneOf(undefined, [
      slice('web', [{ addresses: ['10.244.1.2'] }]),
      slice('db', [{ addresses: ['10.244.1.2'] }]),
    ]);
    expect(lines(zone.answer('2.1.244.10.in-addr.arpa', 'PTR'))).toEqual([
      '5 PTR 10-244-1-2.web.default.svc.cluster.local',
      '5 PTR 10-244-1-2.db.default.svc.cluster.local',
    ]);
  });
});
