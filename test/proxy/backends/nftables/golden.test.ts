import { describe, expect, it } from 'vitest';
import type { ProxyFacts } from '../../../../src/proxy/backends/backend.ts';
import { planNftables } from '../../../../src/proxy/backends/nftables/plan.ts';
import { NOTHING } from '../../../../src/proxy/backends/nftables/state.ts';
import { NODE, service, slice, viewsOf } from '../../fixtures.ts';
import { applied, desired, synced, TWO, texts } from './plans.ts';
import { TableModel } from './table-model.ts';

// The texts themselves, in the words of kube-proxy 1.36.

const EMPTY = planNftables(desired(new Map()), NOTHING).state;

describe('a full sync into an empty kernel', () => {
  it('writes what kube-proxy writes without Services, in one transaction', () => {
    const plan = planNftables(desired(new Map()), NOTHING);
    expect(plan).toMatchObject({ isFull: true, batches: [{ tool: 'nft' }] });
    expect(texts(plan.batches)[0]).toMatchInlineSnapshot(`
      "add table ip kube-proxy { comment "rules for kube-proxy" ; }
      add set ip kube-proxy cluster-ips { type ipv4_addr ; comment "Active ClusterIPs" ; }
      add set ip kube-proxy nodeport-ips { type ipv4_addr ; comment "IPs that accept NodePort traffic" ; }
      add set ip kube-proxy hairpin-connections { type ipv4_addr . ipv4_addr . inet_proto . inet_service ; comment "service hairpin connections" ; }
      add map ip kube-proxy no-endpoint-services { type ipv4_addr . inet_proto . inet_service : verdict ; comment "vmap to drop or reject packets to services with no endpoints" ; }
      add map ip kube-proxy no-endpoint-nodeports { type inet_proto . inet_service : verdict ; comment "vmap to drop or reject packets to service nodeports with no endpoints" ; }
      add map ip kube-proxy firewall-ips { type ipv4_addr . inet_proto . inet_service : verdict ; comment "destinations that are subject to LoadBalancerSourceRanges" ; }
      add map ip kube-proxy service-ips { type ipv4_addr . inet_proto . inet_service : verdict ; comment "ClusterIP, ExternalIP and LoadBalancer IP traffic" ; }
      add map ip kube-proxy service-nodeports { type inet_proto . inet_service : verdict ; comment "NodePort traffic" ; }
      add chain ip kube-proxy reject-chain { comment "helper for @no-endpoint-services / @no-endpoint-nodeports" ; }
      flush chain ip kube-proxy reject-chain
      add chain ip kube-proxy firewall-check
      flush chain ip kube-proxy firewall-check
      add chain ip kube-proxy service-endpoints-check
      flush chain ip kube-proxy service-endpoints-check
      add chain ip kube-proxy nodeport-endpoints-check
      flush chain ip kube-proxy nodeport-endpoints-check
      add chain ip kube-proxy cluster-ips-check
      flush chain ip kube-proxy cluster-ips-check
      add chain ip kube-proxy services
      flush chain ip kube-proxy services
      add chain ip kube-proxy masquerading
      flush chain ip kube-proxy masquerading
      add rule ip kube-proxy reject-chain reject
      add rule ip kube-proxy firewall-check ip daddr . meta l4proto . th dport vmap @firewall-ips
      add rule ip kube-proxy service-endpoints-check ip daddr . meta l4proto . th dport vmap @no-endpoint-services
      add rule ip kube-proxy nodeport-endpoints-check ip daddr @nodeport-ips meta l4proto . th dport vmap @no-endpoint-nodeports
      add rule ip kube-proxy cluster-ips-check ip daddr @cluster-ips reject comment "Reject traffic to invalid ports of ClusterIPs"
      add rule ip kube-proxy cluster-ips-check ip daddr { 172.30.0.0/16 } drop comment "Drop traffic to unallocated ClusterIPs"
      add rule ip kube-proxy services ip daddr @cluster-ips ip saddr != 10.244.0.0/16 mark set mark or 0x4000 comment "masquerade clusterIP traffic from outside cluster"
      add rule ip kube-proxy services ip daddr . meta l4proto . th dport vmap @service-ips
      add rule ip kube-proxy services ip daddr @nodeport-ips meta l4proto . th dport vmap @service-nodeports
      add rule ip kube-proxy masquerading mark and 0x4000 != 0 mark set mark xor 0x4000 masquerade fully-random
      add rule ip kube-proxy masquerading ct status dnat ip saddr . ip daddr . meta l4proto . th dport @hairpin-connections masquerade fully-random
      add element ip kube-proxy nodeport-ips { 192.168.1.11 }
      add chain ip kube-proxy filter-prerouting-pre-dnat { type filter hook prerouting priority -110 ; }
      add chain ip kube-proxy filter-output-pre-dnat { type filter hook output priority -110 ; }
      add chain ip kube-proxy filter-input { type filter hook input priority 0 ; }
      add chain ip kube-proxy filter-forward { type filter hook forward priority 0 ; }
      add chain ip kube-proxy filter-output { type filter hook output priority 0 ; }
      add chain ip kube-proxy nat-prerouting { type nat hook prerouting priority -100 ; }
      add chain ip kube-proxy nat-output { type nat hook output priority -100 ; }
      add chain ip kube-proxy nat-postrouting { type nat hook postrouting priority 100 ; }
      add rule ip kube-proxy filter-prerouting-pre-dnat ct state new jump firewall-check
      add rule ip kube-proxy filter-output-pre-dnat ct state new jump firewall-check
      add rule ip kube-proxy filter-input ct state new jump nodeport-endpoints-check
      add rule ip kube-proxy filter-input ct state new jump service-endpoints-check
      add rule ip kube-proxy filter-forward ct state new jump service-endpoints-check
      add rule ip kube-proxy filter-forward ct state new jump cluster-ips-check
      add rule ip kube-proxy filter-output ct state new jump service-endpoints-check
      add rule ip kube-proxy filter-output ct state new jump cluster-ips-check
      add rule ip kube-proxy nat-prerouting jump services
      add rule ip kube-proxy nat-output jump services
      add rule ip kube-proxy nat-postrouting jump masquerading
      "
    `);
  });

  it('writes every kind of Service', () => {
    const balancer = service(
      {
        type: 'LoadBalancer',
        externalTrafficPolicy: 'Local',
        externalIPs: ['192.0.2.7'],
        ports: [{ name: 'p80', port: 80, nodePort: 30080 }],
        loadBalancerSourceRanges: ['203.0.113.0/24', '203.0.113.128/25', '192.168.1.0/24'],
      },
      'ns2/svc2',
      { status: { loadBalancer: { ingress: [{ ip: '198.51.100.1' }] } } },
    );
    const sticky = service({ clusterIP: '172.30.0.43', sessionAffinity: 'ClientIP' }, 'ns3/svc3');
    const empty = service(
      { clusterIP: '172.30.0.44', type: 'NodePort', ports: [{ port: 80, nodePort: 30044 }] },
      'ns4/svc4',
    );
    const slices = [
      slice([{ ip: '10.244.1.2', nodeName: NODE }, '10.244.2.2']),
      slice(['10.244.2.3'], { service: 'ns2/svc2' }),
      slice(['10.244.1.4'], { service: 'ns3/svc3' }),
    ];
    const [text = ''] = texts(
      planNftables(desired(viewsOf([service(), balancer, sticky, empty], slices)), NOTHING).batches,
    );
    const own = text.split('\n').filter((line) => line.includes('/') || line.startsWith('add element'));
    expect(own.filter((line) => !line.includes('cluster-ips-check')).join('\n')).toMatchInlineSnapshot(`
      "add chain ip kube-proxy reject-chain { comment "helper for @no-endpoint-services / @no-endpoint-nodeports" ; }
      add rule ip kube-proxy services ip daddr @cluster-ips ip saddr != 10.244.0.0/16 mark set mark or 0x4000 comment "masquerade clusterIP traffic from outside cluster"
      add element ip kube-proxy nodeport-ips { 192.168.1.11 }
      add chain ip kube-proxy service-ULMVA6XW-ns1/svc1/tcp/p80
      flush chain ip kube-proxy service-ULMVA6XW-ns1/svc1/tcp/p80
      add chain ip kube-proxy service-42NFTM6N-ns2/svc2/tcp/p80
      flush chain ip kube-proxy service-42NFTM6N-ns2/svc2/tcp/p80
      add chain ip kube-proxy external-42NFTM6N-ns2/svc2/tcp/p80
      flush chain ip kube-proxy external-42NFTM6N-ns2/svc2/tcp/p80
      add chain ip kube-proxy firewall-42NFTM6N-ns2/svc2/tcp/p80
      flush chain ip kube-proxy firewall-42NFTM6N-ns2/svc2/tcp/p80
      add chain ip kube-proxy endpoint-CW4N4PMT-ns3/svc3/tcp/p80__10.244.1.4/80
      flush chain ip kube-proxy endpoint-CW4N4PMT-ns3/svc3/tcp/p80__10.244.1.4/80
      add chain ip kube-proxy service-4AT6LBPK-ns3/svc3/tcp/p80
      flush chain ip kube-proxy service-4AT6LBPK-ns3/svc3/tcp/p80
      add set ip kube-proxy affinity-CW4N4PMT-ns3/svc3/tcp/p80__10.244.1.4/80 { type ipv4_addr ; flags dynamic,timeout ; timeout 10800s ; }
      add rule ip kube-proxy service-ULMVA6XW-ns1/svc1/tcp/p80 meta l4proto tcp dnat ip addr . port to numgen random mod 2 map { 0 : 10.244.1.2 . 80 , 1 : 10.244.2.2 . 80 }
      add rule ip kube-proxy service-42NFTM6N-ns2/svc2/tcp/p80 meta l4proto tcp dnat ip addr . port to numgen random mod 1 map { 0 : 10.244.2.3 . 80 }
      add rule ip kube-proxy external-42NFTM6N-ns2/svc2/tcp/p80 ip saddr 10.244.0.0/16 goto service-42NFTM6N-ns2/svc2/tcp/p80 comment "short-circuit pod traffic"
      add rule ip kube-proxy external-42NFTM6N-ns2/svc2/tcp/p80 fib saddr type local mark set mark or 0x4000 comment "masquerade local traffic"
      add rule ip kube-proxy external-42NFTM6N-ns2/svc2/tcp/p80 fib saddr type local goto service-42NFTM6N-ns2/svc2/tcp/p80 comment "short-circuit local traffic"
      add rule ip kube-proxy firewall-42NFTM6N-ns2/svc2/tcp/p80 ip saddr != { 203.0.113.0/24, 192.168.1.0/24, 198.51.100.1/32 } drop
      add rule ip kube-proxy endpoint-CW4N4PMT-ns3/svc3/tcp/p80__10.244.1.4/80 update @affinity-CW4N4PMT-ns3/svc3/tcp/p80__10.244.1.4/80 { ip saddr }
      add rule ip kube-proxy endpoint-CW4N4PMT-ns3/svc3/tcp/p80__10.244.1.4/80 meta l4proto tcp dnat to 10.244.1.4:80
      add rule ip kube-proxy service-4AT6LBPK-ns3/svc3/tcp/p80 ip saddr @affinity-CW4N4PMT-ns3/svc3/tcp/p80__10.244.1.4/80 goto endpoint-CW4N4PMT-ns3/svc3/tcp/p80__10.244.1.4/80
      add rule ip kube-proxy service-4AT6LBPK-ns3/svc3/tcp/p80 numgen random mod 1 vmap { 0 : goto endpoint-CW4N4PMT-ns3/svc3/tcp/p80__10.244.1.4/80 }
      add element ip kube-proxy cluster-ips { 172.30.0.41 }
      add element ip kube-proxy service-ips { 172.30.0.41 . tcp . 80 : goto service-ULMVA6XW-ns1/svc1/tcp/p80 }
      add element ip kube-proxy hairpin-connections { 10.244.1.2 . 10.244.1.2 . tcp . 80 }
      add element ip kube-proxy service-ips { 192.0.2.7 . tcp . 80 : goto external-42NFTM6N-ns2/svc2/tcp/p80 }
      add element ip kube-proxy no-endpoint-services { 192.0.2.7 . tcp . 80 comment "ns2/svc2:p80" : drop }
      add element ip kube-proxy service-ips { 198.51.100.1 . tcp . 80 : goto external-42NFTM6N-ns2/svc2/tcp/p80 }
      add element ip kube-proxy no-endpoint-services { 198.51.100.1 . tcp . 80 comment "ns2/svc2:p80" : drop }
      add element ip kube-proxy firewall-ips { 198.51.100.1 . tcp . 80 : goto firewall-42NFTM6N-ns2/svc2/tcp/p80 }
      add element ip kube-proxy service-nodeports { tcp . 30080 : goto external-42NFTM6N-ns2/svc2/tcp/p80 }
      add element ip kube-proxy no-endpoint-nodeports { tcp . 30080 comment "ns2/svc2:p80" : drop }
      add element ip kube-proxy cluster-ips { 172.30.0.43 }
      add element ip kube-proxy service-ips { 172.30.0.43 . tcp . 80 : goto service-4AT6LBPK-ns3/svc3/tcp/p80 }
      add element ip kube-proxy cluster-ips { 172.30.0.44 }
      add element ip kube-proxy no-endpoint-services { 172.30.0.44 . tcp . 80 comment "ns4/svc4" : goto reject-chain }
      add element ip kube-proxy no-endpoint-nodeports { tcp . 30044 comment "ns4/svc4" : goto reject-chain }"
    `);
  });

  it('goes in transactions of at most 1,000 Services, the base chains last', () => {
    const services = Array.from({ length: 2100 }, (_, i) =>
      service({ clusterIP: `172.30.${i >> 8}.${i & 255}` }, `ns/s${i}`),
    );
    const slices = services.map((_, i) => slice(['10.244.1.2'], { service: `ns/s${i}` }));
    const all = texts(planNftables(desired(viewsOf(services, slices)), NOTHING).batches);
    expect(all.map((text) => text.match(/^add element ip kube-proxy service-ips /gm)?.length ?? 0)).toEqual([
      0, 1000, 1000, 100, 0,
    ]);
    expect(all.map((text) => text.includes(' hook '))).toEqual([false, false, false, false, true]);
  });
});

describe('a change of one Service', () => {
  const start = planNftables(desired(viewsOf([service()], [])), NOTHING).state;

  it('that gets endpoints', () => {
    expect(texts(planNftables(desired(TWO()), start).batches)).toMatchInlineSnapshot(`
      [
        "add chain ip kube-proxy service-ULMVA6XW-ns1/svc1/tcp/p80
      flush chain ip kube-proxy service-ULMVA6XW-ns1/svc1/tcp/p80
      add rule ip kube-proxy service-ULMVA6XW-ns1/svc1/tcp/p80 meta l4proto tcp dnat ip addr . port to numgen random mod 2 map { 0 : 10.244.1.2 . 80 , 1 : 10.244.2.2 . 80 }
      delete element ip kube-proxy no-endpoint-services { 172.30.0.41 . tcp . 80 }
      add element ip kube-proxy service-ips { 172.30.0.41 . tcp . 80 : goto service-ULMVA6XW-ns1/svc1/tcp/p80 }
      add element ip kube-proxy hairpin-connections { 10.244.1.2 . 10.244.1.2 . tcp . 80 }
      ",
      ]
    `);
  });

  const going = (facts: Partial<ProxyFacts>) =>
    planNftables(desired(new Map(), facts), planNftables(desired(TWO(), facts), NOTHING).state);

  it('that goes: its elements, then its chains', () => {
    expect(texts(going({ kernelRelease: '6.2.0' }).batches)).toMatchInlineSnapshot(`
      [
        "flush chain ip kube-proxy service-ULMVA6XW-ns1/svc1/tcp/p80
      delete element ip kube-proxy cluster-ips { 172.30.0.41 }
      delete element ip kube-proxy service-ips { 172.30.0.41 . tcp . 80 }
      delete element ip kube-proxy hairpin-connections { 10.244.1.2 . 10.244.1.2 . tcp . 80 }
      delete chain ip kube-proxy service-ULMVA6XW-ns1/svc1/tcp/p80
      ",
      ]
    `);
  });

  it('that goes, where the kernel is old: its chains in a transaction of their own', () => {
    const plan = going({ kernelRelease: '6.1.0-13-amd64' });
    expect(plan.isFull).toBe(false);
    expect(texts(plan.batches)).toMatchInlineSnapshot(`
      [
        "flush chain ip kube-proxy service-ULMVA6XW-ns1/svc1/tcp/p80
      delete element ip kube-proxy cluster-ips { 172.30.0.41 }
      delete element ip kube-proxy service-ips { 172.30.0.41 . tcp . 80 }
      delete element ip kube-proxy hairpin-connections { 10.244.1.2 . 10.244.1.2 . tcp . 80 }
      ",
        "delete chain ip kube-proxy service-ULMVA6XW-ns1/svc1/tcp/p80
      ",
      ]
    `);
  });

  it('whose endpoints change writes its one chain', () => {
    const before = planNftables(desired(TWO()), EMPTY).state;
    const three = viewsOf([service()], [slice([{ ip: '10.244.1.2', nodeName: NODE }, '10.244.2.2', '10.244.3.2'])]);
    expect(texts(planNftables(desired(three), before).batches)).toMatchInlineSnapshot(`
      [
        "add chain ip kube-proxy service-ULMVA6XW-ns1/svc1/tcp/p80
      flush chain ip kube-proxy service-ULMVA6XW-ns1/svc1/tcp/p80
      add rule ip kube-proxy service-ULMVA6XW-ns1/svc1/tcp/p80 meta l4proto tcp dnat ip addr . port to numgen random mod 3 map { 0 : 10.244.1.2 . 80 , 1 : 10.244.2.2 . 80 , 2 : 10.244.3.2 . 80 }
      ",
      ]
    `);
  });

  it('whose affinity gets another timeout makes its sets anew, and what looks into them', () => {
    const sticky = (timeoutSeconds: number) =>
      viewsOf(
        [service({ sessionAffinity: 'ClientIP', sessionAffinityConfig: { clientIP: { timeoutSeconds } } })],
        [slice(['10.244.2.2'])],
      );
    const before = planNftables(desired(sticky(60)), NOTHING);
    const after = planNftables(desired(sticky(30)), before.state);
    const model = applied(applied(new TableModel(), before), after);
    expect(model.dump()).toBe(synced(sticky(30)).dump());
    expect(after.isFull).toBe(false);
  });

  it('that renders the same runs nothing', () => {
    const before = planNftables(desired(TWO()), EMPTY).state;
    const hinted = viewsOf(
      [service()],
      [
        slice([
          { ip: '10.244.1.2', nodeName: NODE },
          { ip: '10.244.2.2', nodeName: 'node-2' },
        ]),
      ],
    );
    expect(planNftables(desired(hinted), before).batches).toEqual([]);
  });
});
