/** The specification's records as questions and their answers, for the objects of test/fixtures/dns/specification.yaml. */

/** `TTL TYPE DATA` of each answer; or `NXDOMAIN`, `NODATA` with the SOA's zone and TTL. `{pod}` is a pod's IPv4 address, `{pod/6}` its IPv6 one. */
export type Row = readonly [name: string, type: string, answers: readonly string[]];

const NXDOMAIN = ['NXDOMAIN cluster.local. 30'];
const NODATA = ['NODATA cluster.local. 30'];
const d = 'default.svc.cluster.local';

export const SPECIFICATION: Readonly<Record<string, readonly Row[]>> = {
  '2.2 the schema version': [['dns-version.cluster.local', 'TXT', ['30 TXT "1.1.0"']]],
  '2.3 Services with a ClusterIP': [
    [`web.${d}`, 'A', ['30 A 10.96.7.7']],
    ['web.other.svc.cluster.local', 'A', ['30 A 10.96.7.9']],
    ['WEB.Default.svc.CLUSTER.local', 'A', ['30 A 10.96.7.7']],
    [`web.${d}`, 'AAAA', NODATA],
    [`web.${d}`, 'MX', NODATA],
    [`_http._tcp.web.${d}`, 'SRV', [`30 SRV 0 100 80 web.${d}.`]],
    [`_dns._udp.web.${d}`, 'SRV', [`30 SRV 0 100 53 web.${d}.`]],
    [`_http._udp.web.${d}`, 'SRV', NXDOMAIN],
    [`_tcp.web.${d}`, 'SRV', NXDOMAIN],
    [`*.web.${d}`, 'A', NXDOMAIN],
    [`*.${d}`, 'A', NXDOMAIN],
    ['7.7.96.10.in-addr.arpa', 'PTR', [`30 PTR web.${d}.`]],
    [`both.${d}`, 'A', ['30 A 10.96.7.10']],
    [`both.${d}`, 'AAAA', ['30 AAAA fd00:10:96::710']],
    [`_http._tcp.both.${d}`, 'SRV', [`30 SRV 0 50 80 both.${d}.`]],
    ['0.1.7.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.6.9.0.0.0.1.0.0.0.0.d.f.ip6.arpa', 'PTR', [`30 PTR both.${d}.`]],
  ],
  '2.4 headless Services': [
    [`db.${d}`, 'A', ['30 A 192.0.2.1', '30 A 192.0.2.21', '30 A 192.0.2.22', '30 A 192.0.2.3']],
    [`db-0.db.${d}`, 'A', ['30 A 192.0.2.1']],
    [`pair.db.${d}`, 'A', ['30 A 192.0.2.21', '30 A 192.0.2.22']],
    [`192-0-2-3.db.${d}`, 'A', ['30 A 192.0.2.3']],
    [`db-9.db.${d}`, 'A', NXDOMAIN],
    [`_admin._tcp.db.${d}`, 'SRV', [`30 SRV 0 50 9000 192-0-2-3.db.${d}.`, `30 SRV 0 50 9000 db-0.db.${d}.`]],
    [
      `_sql._tcp.db.${d}`,
      'SRV',
      ['192-0-2-3', 'db-0', 'pair'].map((endpoint) => `30 SRV 0 25 3306 ${endpoint}.db.${d}.`),
    ],
    ['1.2.0.192.in-addr.arpa', 'PTR', [`30 PTR db-0.db.${d}.`]],
    ['3.2.0.192.in-addr.arpa', 'PTR', [`30 PTR 192-0-2-3.db.${d}.`]],
    [`six.${d}`, 'AAAA', ['30 AAAA 2001:db8::1', '30 AAAA 2001:db8::2']],
    [`six.${d}`, 'A', NODATA],
    [`six-0.six.${d}`, 'AAAA', ['30 AAAA 2001:db8::1']],
    [`2001-db8--2.six.${d}`, 'AAAA', ['30 AAAA 2001:db8::2']],
    ['1.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.8.b.d.0.1.0.0.2.ip6.arpa', 'PTR', [`30 PTR six-0.six.${d}.`]],
    [`empty.${d}`, 'A', NXDOMAIN],
    [`set.${d}`, 'A', ['30 A {set-0}', '30 A {set-1}']],
    [`set.${d}`, 'AAAA', ['30 AAAA {set-0/6}', '30 AAAA {set-1/6}']],
    [`set-1.set.${d}`, 'A', ['30 A {set-1}']],
    [`set-1.set.${d}`, 'AAAA', ['30 AAAA {set-1/6}']],
    [`set-2.set.${d}`, 'A', NXDOMAIN],
    [`_web._tcp.set.${d}`, 'SRV', [`30 SRV 0 25 80 set-0.set.${d}.`, `30 SRV 0 25 80 set-1.set.${d}.`]],
    [`captain.team.${d}`, 'A', ['30 A {member}']],
    [`early.${d}`, 'A', ['30 A {unready}']],
    [`late.${d}`, 'A', NXDOMAIN],
  ],
  '2.5 ExternalName': [
    [`outside.${d}`, 'CNAME', ['30 CNAME my.database.domain.com.']],
    [`outside.${d}`, 'A', ['30 A 192.168.1.23', '30 CNAME my.database.domain.com.']],
    [`outside.${d}`, 'AAAA', ['30 AAAA fd00:192:168:1::23', '30 CNAME my.database.domain.com.']],
    [`inside.${d}`, 'A', ['30 A 10.96.7.9', '30 CNAME web.other.svc.cluster.local.']],
    [`twice.${d}`, 'A', ['30 A 10.96.7.9', `30 CNAME inside.${d}.`, '30 CNAME web.other.svc.cluster.local.']],
    [`x.outside.${d}`, 'A', NXDOMAIN],
  ],
  '2.6 pods': [
    ['10-244-1-2.default.pod.cluster.local', 'A', ['30 A 10.244.1.2']],
    ['2001-db8--7.default.pod.cluster.local', 'AAAA', ['30 AAAA 2001:db8::7']],
    ['10-244-1-2.nowhere.pod.cluster.local', 'A', NXDOMAIN],
    ['shell.default.pod.cluster.local', 'A', NXDOMAIN],
  ],
  'what is there and what is not': [
    ['svc.cluster.local', 'A', NODATA],
    [d, 'A', NODATA],
    ['nowhere.svc.cluster.local', 'A', NXDOMAIN],
    [`nothing.${d}`, 'A', NXDOMAIN],
    [`a.b.web.${d}`, 'A', NXDOMAIN],
    ['kubernetes.default', 'A', ['NXDOMAIN . 30']],
    ['example.com', 'AAAA', ['NXDOMAIN . 30']],
    ['23.1.168.192.in-addr.arpa', 'PTR', ['30 PTR my.database.domain.com.']],
    ['8.8.8.8.in-addr.arpa', 'PTR', ['NXDOMAIN . 30']],
    ['cluster.local', 'NS', ['30 NS kube-dns.kube-system.svc.cluster.local.']],
  ],
};
