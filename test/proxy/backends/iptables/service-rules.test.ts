import { describe, expect, it } from 'vitest';
import type { EndpointSlice, Service } from '../../../../src/objects/wire.ts';
import { type RenderOptions, serviceRules } from '../../../../src/proxy/backends/iptables/service-rules.ts';
import { FACTS_4, FACTS_6, NODE, service, slice, viewsOf } from '../../fixtures.ts';

/** All rules of the one view these objects give, as lines of iptables-restore (`table: -A …`). */
function rulesOf(object: Service, slices: EndpointSlice[], options: Partial<RenderOptions> = {}): string {
  const facts = options.facts ?? FACTS_4;
  const [view, ...others] = viewsOf([object], slices, { family: facts.family }).values();
  expect(others).toEqual([]);
  const { dispatch, chains } = serviceRules(view!, { facts, isLargeCluster: options.isLargeCluster ?? false });
  return [
    ...dispatch.map(({ table, chain, rule }) => `${table}: -A ${chain} ${rule}`),
    ...chains.flatMap(({ name, rules }) => rules.map((rule) => `nat: -A ${name} ${rule}`)),
  ].join('\n');
}

const LOCAL = { ip: '10.180.0.1', nodeName: NODE };
const REMOTE = { ip: '10.180.1.1', nodeName: 'node-2' };

describe('rules of one Service port', () => {
  it('ClusterIP', () => {
    expect(rulesOf(service(), [slice(['10.180.0.1', '10.180.0.2', '10.180.0.3'])])).toMatchInlineSnapshot(`
      "nat: -A KUBE-SERVICES -m comment --comment "ns1/svc1:p80 cluster IP" -m tcp -p tcp -d 172.30.0.41 --dport 80 -j KUBE-SVC-XPGD46QRK7WJZT7O
      nat: -A KUBE-SVC-XPGD46QRK7WJZT7O -m comment --comment "ns1/svc1:p80 cluster IP" -m tcp -p tcp -d 172.30.0.41 --dport 80 ! -s 10.244.0.0/16 -j KUBE-MARK-MASQ
      nat: -A KUBE-SVC-XPGD46QRK7WJZT7O -m comment --comment "ns1/svc1:p80 -> 10.180.0.1:80" -m statistic --mode random --probability 0.3333333333 -j KUBE-SEP-SXIVWICOYRO3J4NJ
      nat: -A KUBE-SVC-XPGD46QRK7WJZT7O -m comment --comment "ns1/svc1:p80 -> 10.180.0.2:80" -m statistic --mode random --probability 0.5000000000 -j KUBE-SEP-LXVODXWDISEETFEF
      nat: -A KUBE-SVC-XPGD46QRK7WJZT7O -m comment --comment "ns1/svc1:p80 -> 10.180.0.3:80" -j KUBE-SEP-ICDUIKC33SFI6ZPR
      nat: -A KUBE-SEP-SXIVWICOYRO3J4NJ -m comment --comment ns1/svc1:p80 -s 10.180.0.1 -j KUBE-MARK-MASQ
      nat: -A KUBE-SEP-SXIVWICOYRO3J4NJ -m comment --comment ns1/svc1:p80 -m tcp -p tcp -j DNAT --to-destination 10.180.0.1:80
      nat: -A KUBE-SEP-LXVODXWDISEETFEF -m comment --comment ns1/svc1:p80 -s 10.180.0.2 -j KUBE-MARK-MASQ
      nat: -A KUBE-SEP-LXVODXWDISEETFEF -m comment --comment ns1/svc1:p80 -m tcp -p tcp -j DNAT --to-destination 10.180.0.2:80
      nat: -A KUBE-SEP-ICDUIKC33SFI6ZPR -m comment --comment ns1/svc1:p80 -s 10.180.0.3 -j KUBE-MARK-MASQ
      nat: -A KUBE-SEP-ICDUIKC33SFI6ZPR -m comment --comment ns1/svc1:p80 -m tcp -p tcp -j DNAT --to-destination 10.180.0.3:80"
    `);
  });

  it('NodePort, UDP, unnamed port', () => {
    const ports = [{ port: 53, nodePort: 30053, protocol: 'UDP' }];
    expect(
      rulesOf(service({ type: 'NodePort', ports }), [
        slice(['10.180.0.1'], { ports: [{ port: 53, protocol: 'UDP' }] }),
      ]),
    ).toMatchInlineSnapshot(`
      "nat: -A KUBE-SERVICES -m comment --comment "ns1/svc1 cluster IP" -m udp -p udp -d 172.30.0.41 --dport 53 -j KUBE-SVC-A2PEVXD55OHK2IVW
      nat: -A KUBE-NODEPORTS -m comment --comment ns1/svc1 -m udp -p udp --dport 30053 -j KUBE-EXT-A2PEVXD55OHK2IVW
      nat: -A KUBE-EXT-A2PEVXD55OHK2IVW -m comment --comment "masquerade traffic for ns1/svc1 external destinations" -j KUBE-MARK-MASQ
      nat: -A KUBE-EXT-A2PEVXD55OHK2IVW -j KUBE-SVC-A2PEVXD55OHK2IVW
      nat: -A KUBE-SVC-A2PEVXD55OHK2IVW -m comment --comment "ns1/svc1 cluster IP" -m udp -p udp -d 172.30.0.41 --dport 53 ! -s 10.244.0.0/16 -j KUBE-MARK-MASQ
      nat: -A KUBE-SVC-A2PEVXD55OHK2IVW -m comment --comment "ns1/svc1 -> 10.180.0.1:53" -j KUBE-SEP-WOVZ7FYWLOFVMYSJ
      nat: -A KUBE-SEP-WOVZ7FYWLOFVMYSJ -m comment --comment ns1/svc1 -s 10.180.0.1 -j KUBE-MARK-MASQ
      nat: -A KUBE-SEP-WOVZ7FYWLOFVMYSJ -m comment --comment ns1/svc1 -m udp -p udp -j DNAT --to-destination 10.180.0.1:53"
    `);
  });

  it('LoadBalancer with source ranges that include the node, and external IPs', () => {
    const object = service(
      {
        type: 'LoadBalancer',
        ports: [{ name: 'p80', port: 80, nodePort: 30080 }],
        loadBalancerSourceRanges: ['203.0.113.0/25', ' 192.168.1.0/24'],
        externalIPs: ['192.0.2.7'],
      },
      'ns1/svc1',
      { status: { loadBalancer: { ingress: [{ ip: '1.2.3.4' }, { ip: '5.6.7.8', ipMode: 'Proxy' }] } } },
    );
    expect(rulesOf(object, [slice(['10.180.0.1'])])).toMatchInlineSnapshot(`
      "nat: -A KUBE-SERVICES -m comment --comment "ns1/svc1:p80 cluster IP" -m tcp -p tcp -d 172.30.0.41 --dport 80 -j KUBE-SVC-XPGD46QRK7WJZT7O
      nat: -A KUBE-SERVICES -m comment --comment "ns1/svc1:p80 external IP" -m tcp -p tcp -d 192.0.2.7 --dport 80 -j KUBE-EXT-XPGD46QRK7WJZT7O
      nat: -A KUBE-SERVICES -m comment --comment "ns1/svc1:p80 loadbalancer IP" -m tcp -p tcp -d 1.2.3.4 --dport 80 -j KUBE-FW-XPGD46QRK7WJZT7O
      filter: -A KUBE-PROXY-FIREWALL -m comment --comment "ns1/svc1:p80 traffic not accepted by KUBE-FW-XPGD46QRK7WJZT7O" -m tcp -p tcp -d 1.2.3.4 --dport 80 -j DROP
      nat: -A KUBE-NODEPORTS -m comment --comment ns1/svc1:p80 -m tcp -p tcp --dport 30080 -j KUBE-EXT-XPGD46QRK7WJZT7O
      nat: -A KUBE-EXT-XPGD46QRK7WJZT7O -m comment --comment "masquerade traffic for ns1/svc1:p80 external destinations" -j KUBE-MARK-MASQ
      nat: -A KUBE-EXT-XPGD46QRK7WJZT7O -j KUBE-SVC-XPGD46QRK7WJZT7O
      nat: -A KUBE-FW-XPGD46QRK7WJZT7O -m comment --comment "ns1/svc1:p80 loadbalancer IP" -s 203.0.113.0/25 -j KUBE-EXT-XPGD46QRK7WJZT7O
      nat: -A KUBE-FW-XPGD46QRK7WJZT7O -m comment --comment "ns1/svc1:p80 loadbalancer IP" -s 192.168.1.0/24 -j KUBE-EXT-XPGD46QRK7WJZT7O
      nat: -A KUBE-FW-XPGD46QRK7WJZT7O -m comment --comment "ns1/svc1:p80 loadbalancer IP" -s 1.2.3.4 -j KUBE-EXT-XPGD46QRK7WJZT7O
      nat: -A KUBE-FW-XPGD46QRK7WJZT7O -m comment --comment "other traffic to ns1/svc1:p80 will be dropped by KUBE-PROXY-FIREWALL"
      nat: -A KUBE-SVC-XPGD46QRK7WJZT7O -m comment --comment "ns1/svc1:p80 cluster IP" -m tcp -p tcp -d 172.30.0.41 --dport 80 ! -s 10.244.0.0/16 -j KUBE-MARK-MASQ
      nat: -A KUBE-SVC-XPGD46QRK7WJZT7O -m comment --comment "ns1/svc1:p80 -> 10.180.0.1:80" -j KUBE-SEP-SXIVWICOYRO3J4NJ
      nat: -A KUBE-SEP-SXIVWICOYRO3J4NJ -m comment --comment ns1/svc1:p80 -s 10.180.0.1 -j KUBE-MARK-MASQ
      nat: -A KUBE-SEP-SXIVWICOYRO3J4NJ -m comment --comment ns1/svc1:p80 -m tcp -p tcp -j DNAT --to-destination 10.180.0.1:80"
    `);
  });

  it('externalTrafficPolicy Local with a health check port, one endpoint here and one elsewhere', () => {
    const object = service(
      {
        type: 'LoadBalancer',
        externalTrafficPolicy: 'Local',
        healthCheckNodePort: 30000,
        ports: [{ name: 'p80', port: 80, nodePort: 30080 }],
      },
      'ns1/svc1',
      { status: { loadBalancer: { ingress: [{ ip: '1.2.3.4' }] } } },
    );
    expect(rulesOf(object, [slice([LOCAL, REMOTE])])).toMatchInlineSnapshot(`
      "nat: -A KUBE-SERVICES -m comment --comment "ns1/svc1:p80 cluster IP" -m tcp -p tcp -d 172.30.0.41 --dport 80 -j KUBE-SVC-XPGD46QRK7WJZT7O
      nat: -A KUBE-SERVICES -m comment --comment "ns1/svc1:p80 loadbalancer IP" -m tcp -p tcp -d 1.2.3.4 --dport 80 -j KUBE-EXT-XPGD46QRK7WJZT7O
      nat: -A KUBE-NODEPORTS -m comment --comment ns1/svc1:p80 -m tcp -p tcp --dport 30080 -j KUBE-EXT-XPGD46QRK7WJZT7O
      filter: -A KUBE-NODEPORTS -m comment --comment "ns1/svc1:p80 health check node port" -m tcp -p tcp --dport 30000 -j ACCEPT
      nat: -A KUBE-EXT-XPGD46QRK7WJZT7O -m comment --comment "pod traffic for ns1/svc1:p80 external destinations" -s 10.244.0.0/16 -j KUBE-SVC-XPGD46QRK7WJZT7O
      nat: -A KUBE-EXT-XPGD46QRK7WJZT7O -m comment --comment "masquerade LOCAL traffic for ns1/svc1:p80 external destinations" -m addrtype --src-type LOCAL -j KUBE-MARK-MASQ
      nat: -A KUBE-EXT-XPGD46QRK7WJZT7O -m comment --comment "route LOCAL traffic for ns1/svc1:p80 external destinations" -m addrtype --src-type LOCAL -j KUBE-SVC-XPGD46QRK7WJZT7O
      nat: -A KUBE-EXT-XPGD46QRK7WJZT7O -j KUBE-SVL-XPGD46QRK7WJZT7O
      nat: -A KUBE-SVC-XPGD46QRK7WJZT7O -m comment --comment "ns1/svc1:p80 cluster IP" -m tcp -p tcp -d 172.30.0.41 --dport 80 ! -s 10.244.0.0/16 -j KUBE-MARK-MASQ
      nat: -A KUBE-SVC-XPGD46QRK7WJZT7O -m comment --comment "ns1/svc1:p80 -> 10.180.0.1:80" -m statistic --mode random --probability 0.5000000000 -j KUBE-SEP-SXIVWICOYRO3J4NJ
      nat: -A KUBE-SVC-XPGD46QRK7WJZT7O -m comment --comment "ns1/svc1:p80 -> 10.180.1.1:80" -j KUBE-SEP-TOIS5JUHRKSSXDL7
      nat: -A KUBE-SVL-XPGD46QRK7WJZT7O -m comment --comment "ns1/svc1:p80 -> 10.180.0.1:80" -j KUBE-SEP-SXIVWICOYRO3J4NJ
      nat: -A KUBE-SEP-SXIVWICOYRO3J4NJ -m comment --comment ns1/svc1:p80 -s 10.180.0.1 -j KUBE-MARK-MASQ
      nat: -A KUBE-SEP-SXIVWICOYRO3J4NJ -m comment --comment ns1/svc1:p80 -m tcp -p tcp -j DNAT --to-destination 10.180.0.1:80
      nat: -A KUBE-SEP-TOIS5JUHRKSSXDL7 -m comment --comment ns1/svc1:p80 -s 10.180.1.1 -j KUBE-MARK-MASQ
      nat: -A KUBE-SEP-TOIS5JUHRKSSXDL7 -m comment --comment ns1/svc1:p80 -m tcp -p tcp -j DNAT --to-destination 10.180.1.1:80"
    `);
  });

  it('externalTrafficPolicy Local without an endpoint here: dropped, pods still served', () => {
    const object = service({
      type: 'NodePort',
      externalTrafficPolicy: 'Local',
      ports: [{ name: 'p80', port: 80, nodePort: 30080 }],
    });
    expect(rulesOf(object, [slice([REMOTE])])).toMatchInlineSnapshot(`
      "nat: -A KUBE-SERVICES -m comment --comment "ns1/svc1:p80 cluster IP" -m tcp -p tcp -d 172.30.0.41 --dport 80 -j KUBE-SVC-XPGD46QRK7WJZT7O
      nat: -A KUBE-NODEPORTS -m comment --comment ns1/svc1:p80 -m tcp -p tcp --dport 30080 -j KUBE-EXT-XPGD46QRK7WJZT7O
      filter: -A KUBE-EXTERNAL-SERVICES -m comment --comment "ns1/svc1:p80 has no local endpoints" -m addrtype --dst-type LOCAL -m tcp -p tcp --dport 30080 -j DROP
      nat: -A KUBE-EXT-XPGD46QRK7WJZT7O -m comment --comment "pod traffic for ns1/svc1:p80 external destinations" -s 10.244.0.0/16 -j KUBE-SVC-XPGD46QRK7WJZT7O
      nat: -A KUBE-EXT-XPGD46QRK7WJZT7O -m comment --comment "masquerade LOCAL traffic for ns1/svc1:p80 external destinations" -m addrtype --src-type LOCAL -j KUBE-MARK-MASQ
      nat: -A KUBE-EXT-XPGD46QRK7WJZT7O -m comment --comment "route LOCAL traffic for ns1/svc1:p80 external destinations" -m addrtype --src-type LOCAL -j KUBE-SVC-XPGD46QRK7WJZT7O
      nat: -A KUBE-SVC-XPGD46QRK7WJZT7O -m comment --comment "ns1/svc1:p80 cluster IP" -m tcp -p tcp -d 172.30.0.41 --dport 80 ! -s 10.244.0.0/16 -j KUBE-MARK-MASQ
      nat: -A KUBE-SVC-XPGD46QRK7WJZT7O -m comment --comment "ns1/svc1:p80 -> 10.180.1.1:80" -j KUBE-SEP-TOIS5JUHRKSSXDL7
      nat: -A KUBE-SEP-TOIS5JUHRKSSXDL7 -m comment --comment ns1/svc1:p80 -s 10.180.1.1 -j KUBE-MARK-MASQ
      nat: -A KUBE-SEP-TOIS5JUHRKSSXDL7 -m comment --comment ns1/svc1:p80 -m tcp -p tcp -j DNAT --to-destination 10.180.1.1:80"
    `);
  });

  it('internalTrafficPolicy Local', () => {
    expect(rulesOf(service({ internalTrafficPolicy: 'Local' }), [slice([LOCAL, REMOTE])])).toMatchInlineSnapshot(`
      "nat: -A KUBE-SERVICES -m comment --comment "ns1/svc1:p80 cluster IP" -m tcp -p tcp -d 172.30.0.41 --dport 80 -j KUBE-SVL-XPGD46QRK7WJZT7O
      nat: -A KUBE-SVL-XPGD46QRK7WJZT7O -m comment --comment "ns1/svc1:p80 cluster IP" -m tcp -p tcp -d 172.30.0.41 --dport 80 ! -s 10.244.0.0/16 -j KUBE-MARK-MASQ
      nat: -A KUBE-SVL-XPGD46QRK7WJZT7O -m comment --comment "ns1/svc1:p80 -> 10.180.0.1:80" -j KUBE-SEP-SXIVWICOYRO3J4NJ
      nat: -A KUBE-SEP-SXIVWICOYRO3J4NJ -m comment --comment ns1/svc1:p80 -s 10.180.0.1 -j KUBE-MARK-MASQ
      nat: -A KUBE-SEP-SXIVWICOYRO3J4NJ -m comment --comment ns1/svc1:p80 -m tcp -p tcp -j DNAT --to-destination 10.180.0.1:80"
    `);
    expect(rulesOf(service({ internalTrafficPolicy: 'Local' }), [slice([REMOTE])])).toMatchInlineSnapshot(
      `"filter: -A KUBE-SERVICES -m comment --comment "ns1/svc1:p80 has no local endpoints" -m tcp -p tcp -d 172.30.0.41 --dport 80 -j DROP"`,
    );
  });

  it('no endpoints', () => {
    const object = service({
      type: 'NodePort',
      externalIPs: ['192.0.2.7'],
      ports: [{ name: 'p80', port: 80, nodePort: 30080 }],
    });
    expect(rulesOf(object, [])).toMatchInlineSnapshot(`
      "filter: -A KUBE-SERVICES -m comment --comment "ns1/svc1:p80 has no endpoints" -m tcp -p tcp -d 172.30.0.41 --dport 80 -j REJECT
      filter: -A KUBE-EXTERNAL-SERVICES -m comment --comment "ns1/svc1:p80 has no endpoints" -m tcp -p tcp -d 192.0.2.7 --dport 80 -j REJECT
      filter: -A KUBE-EXTERNAL-SERVICES -m comment --comment "ns1/svc1:p80 has no endpoints" -m addrtype --dst-type LOCAL -m tcp -p tcp --dport 30080 -j REJECT"
    `);
  });

  it('session affinity', () => {
    const object = service({
      sessionAffinity: 'ClientIP',
      sessionAffinityConfig: { clientIP: { timeoutSeconds: 60 } },
    });
    expect(rulesOf(object, [slice(['10.180.0.1', '10.180.0.2'])])).toMatchInlineSnapshot(`
      "nat: -A KUBE-SERVICES -m comment --comment "ns1/svc1:p80 cluster IP" -m tcp -p tcp -d 172.30.0.41 --dport 80 -j KUBE-SVC-XPGD46QRK7WJZT7O
      nat: -A KUBE-SVC-XPGD46QRK7WJZT7O -m comment --comment "ns1/svc1:p80 cluster IP" -m tcp -p tcp -d 172.30.0.41 --dport 80 ! -s 10.244.0.0/16 -j KUBE-MARK-MASQ
      nat: -A KUBE-SVC-XPGD46QRK7WJZT7O -m comment --comment "ns1/svc1:p80 -> 10.180.0.1:80" -m recent --name KUBE-SEP-SXIVWICOYRO3J4NJ --rcheck --seconds 60 --reap -j KUBE-SEP-SXIVWICOYRO3J4NJ
      nat: -A KUBE-SVC-XPGD46QRK7WJZT7O -m comment --comment "ns1/svc1:p80 -> 10.180.0.2:80" -m recent --name KUBE-SEP-LXVODXWDISEETFEF --rcheck --seconds 60 --reap -j KUBE-SEP-LXVODXWDISEETFEF
      nat: -A KUBE-SVC-XPGD46QRK7WJZT7O -m comment --comment "ns1/svc1:p80 -> 10.180.0.1:80" -m statistic --mode random --probability 0.5000000000 -j KUBE-SEP-SXIVWICOYRO3J4NJ
      nat: -A KUBE-SVC-XPGD46QRK7WJZT7O -m comment --comment "ns1/svc1:p80 -> 10.180.0.2:80" -j KUBE-SEP-LXVODXWDISEETFEF
      nat: -A KUBE-SEP-SXIVWICOYRO3J4NJ -m comment --comment ns1/svc1:p80 -s 10.180.0.1 -j KUBE-MARK-MASQ
      nat: -A KUBE-SEP-SXIVWICOYRO3J4NJ -m comment --comment ns1/svc1:p80 -m recent --name KUBE-SEP-SXIVWICOYRO3J4NJ --set -m tcp -p tcp -j DNAT --to-destination 10.180.0.1:80
      nat: -A KUBE-SEP-LXVODXWDISEETFEF -m comment --comment ns1/svc1:p80 -s 10.180.0.2 -j KUBE-MARK-MASQ
      nat: -A KUBE-SEP-LXVODXWDISEETFEF -m comment --comment ns1/svc1:p80 -m recent --name KUBE-SEP-LXVODXWDISEETFEF --set -m tcp -p tcp -j DNAT --to-destination 10.180.0.2:80"
    `);
  });

  it('IPv6, masquerade all', () => {
    const object = service({ clusterIP: 'fd00:96::1' });
    const facts = { ...FACTS_6, masqueradeAll: true };
    expect(rulesOf(object, [slice(['fd00:244::0:2'], { family: 6 })], { facts })).toMatchInlineSnapshot(`
      "nat: -A KUBE-SERVICES -m comment --comment "ns1/svc1:p80 cluster IP" -m tcp -p tcp -d fd00:96::1 --dport 80 -j KUBE-SVC-XPGD46QRK7WJZT7O
      nat: -A KUBE-SVC-XPGD46QRK7WJZT7O -m comment --comment "ns1/svc1:p80 cluster IP" -m tcp -p tcp -d fd00:96::1 --dport 80 -j KUBE-MARK-MASQ
      nat: -A KUBE-SVC-XPGD46QRK7WJZT7O -m comment --comment "ns1/svc1:p80 -> [fd00:244::2]:80" -j KUBE-SEP-BI2PZIE3E7PIGRIA
      nat: -A KUBE-SEP-BI2PZIE3E7PIGRIA -m comment --comment ns1/svc1:p80 -s fd00:244::2 -j KUBE-MARK-MASQ
      nat: -A KUBE-SEP-BI2PZIE3E7PIGRIA -m comment --comment ns1/svc1:p80 -m tcp -p tcp -j DNAT --to-destination [fd00:244::2]:80"
    `);
  });

  it('above 1,000 endpoints: no comments on endpoint rules', () => {
    expect(rulesOf(service(), [slice(['10.180.0.1', '10.180.0.2'])], { isLargeCluster: true })).toMatchInlineSnapshot(`
      "nat: -A KUBE-SERVICES -m comment --comment "ns1/svc1:p80 cluster IP" -m tcp -p tcp -d 172.30.0.41 --dport 80 -j KUBE-SVC-XPGD46QRK7WJZT7O
      nat: -A KUBE-SVC-XPGD46QRK7WJZT7O -m comment --comment "ns1/svc1:p80 cluster IP" -m tcp -p tcp -d 172.30.0.41 --dport 80 ! -s 10.244.0.0/16 -j KUBE-MARK-MASQ
      nat: -A KUBE-SVC-XPGD46QRK7WJZT7O -m statistic --mode random --probability 0.5000000000 -j KUBE-SEP-SXIVWICOYRO3J4NJ
      nat: -A KUBE-SVC-XPGD46QRK7WJZT7O -j KUBE-SEP-LXVODXWDISEETFEF
      nat: -A KUBE-SEP-SXIVWICOYRO3J4NJ -s 10.180.0.1 -j KUBE-MARK-MASQ
      nat: -A KUBE-SEP-SXIVWICOYRO3J4NJ -m tcp -p tcp -j DNAT --to-destination 10.180.0.1:80
      nat: -A KUBE-SEP-LXVODXWDISEETFEF -s 10.180.0.2 -j KUBE-MARK-MASQ
      nat: -A KUBE-SEP-LXVODXWDISEETFEF -m tcp -p tcp -j DNAT --to-destination 10.180.0.2:80"
    `);
  });
});
