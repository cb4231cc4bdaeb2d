import { expect, it } from 'vitest';
import { itemSubjects } from '../../../src/proxy/backends/ipvs/item-subjects.ts';
import { ipvsSections } from '../../../src/walk/rules/ipvs-sections.ts';
import { formatSections, sectionsOf } from '../../../src/walk/rules/rule-section.ts';
import { FACTS_4, NODE, service, slice, viewsOf } from '../../proxy/fixtures.ts';

const LISTINGS = {
  servers: `-A -t 172.30.0.41:80 -s rr
-a -t 172.30.0.41:80 -r 10.244.1.2:80 -m -w 1
-a -t 172.30.0.41:80 -r 10.244.2.9:80 -m -w 0
-A -t 192.168.1.11:30080 -s rr
-A -t 203.0.113.1:1 -s lc
-A -t [fd00:96::1]:80 -s rr
`,
  sets: `create KUBE-CLUSTER-IP hash:ip,port family inet hashsize 1024 maxelem 65536 bucketsize 12 initval 0x1
add KUBE-CLUSTER-IP 172.30.0.41,tcp:80
create KUBE-6-CLUSTER-IP hash:ip,port family inet6 hashsize 1024 maxelem 65536 bucketsize 12 initval 0x1
add KUBE-6-CLUSTER-IP fd00:96::1,tcp:80
create OTHER hash:ip
`,
  addresses: `3: kube-ipvs0    inet 172.30.0.41/32 scope global kube-ipvs0\\       valid_lft forever preferred_lft forever
3: kube-ipvs0    inet6 fd00:96::1/128 scope global \\       valid_lft forever preferred_lft forever
`,
};

function views() {
  const ports = [{ name: 'p80', port: 80, nodePort: 30080 }];
  return viewsOf([service({ type: 'NodePort', ports })], [slice([{ ip: '10.244.1.2', nodeName: NODE }])]);
}

it('says of each line what it is there for, and leaves the other family out', () => {
  const subjects = itemSubjects(views(), { facts: FACTS_4, nodeAddresses: ['192.168.1.11'] });
  expect(formatSections(ipvsSections(LISTINGS, subjects, 4))).toBe(`ipvsadm
  -A -t 172.30.0.41:80 -s rr  # ns1/svc1:p80, cluster IP
  -a -t 172.30.0.41:80 -r 10.244.1.2:80 -m -w 1  # ns1/svc1:p80, cluster IP, endpoint 10.244.1.2:80
  -a -t 172.30.0.41:80 -r 10.244.2.9:80 -m -w 0  # ns1/svc1:p80, cluster IP, endpoint 10.244.2.9:80, leaving
  -A -t 192.168.1.11:30080 -s rr  # ns1/svc1:p80, node port
  -A -t 203.0.113.1:1 -s lc

ipset KUBE-CLUSTER-IP
  hash:ip,port family inet hashsize 1024 maxelem 65536 bucketsize 12
  172.30.0.41,tcp:80  # ns1/svc1:p80

kube-ipvs0
  172.30.0.41/32  # ns1/svc1:p80
`);
});

it('keeps of a Service its own lines alone', () => {
  const subjects = itemSubjects(views(), { facts: FACTS_4, nodeAddresses: ['192.168.1.11'] });
  const text = formatSections(sectionsOf(ipvsSections(LISTINGS, subjects, 4), 'ns1/svc1'));
  expect(text).not.toContain('203.0.113.1');
  expect(text).toContain('-A -t 192.168.1.11:30080 -s rr');
});
