import { describe, expect, it } from 'vitest';
import { invocationOf } from '../../../../src/kernel/invocation.ts';
import type { Batch } from '../../../../src/kernel/kernel.ts';
import { desired, FACTS_4, FACTS_6, NODE, service, slice, viewsOf } from '../../fixtures.ts';
import { IpvsModel } from './ipvs-model.ts';
import { planOn } from './syncs.ts';

// What a node is given, word for word: kube-proxy's names, types, comments and order (pkg/proxy/ipvs, Kubernetes 1.36).

/** The batches for these views in an empty kernel, as a student would paste them. */
function pasted(views: ReturnType<typeof viewsOf>, facts = FACTS_4, addresses = ['192.168.1.11']): string {
  const model = new IpvsModel(addresses);
  return planOn(model, desired(views, facts)).batches.map(paste).join('');
}

function paste(batch: Batch): string {
  const { argv, stdin } = invocationOf(batch);
  return `$ ${argv.join(' ')}\n${stdin ?? ''}`;
}

const ENDPOINTS = [{ ip: '10.244.1.2', nodeName: NODE }, '10.244.2.2'];

it('an empty node', () => {
  expect(pasted(viewsOf([]))).toMatchInlineSnapshot(`
    "$ sysctl -w net.ipv4.vs.conntrack=1 net.ipv4.vs.expire_nodest_conn=1 net.ipv4.vs.expire_quiescent_template=1 net.ipv4.ip_forward=1
    $ ip -batch -
    link add name kube-ipvs0 type dummy
    $ ipset restore
    create KUBE-LOOP-BACK hash:ip,port,ip family inet hashsize 1024 maxelem 65536 -exist
    create KUBE-CLUSTER-IP hash:ip,port family inet hashsize 1024 maxelem 65536 -exist
    create KUBE-EXTERNAL-IP hash:ip,port family inet hashsize 1024 maxelem 65536 -exist
    create KUBE-EXTERNAL-IP-LOCAL hash:ip,port family inet hashsize 1024 maxelem 65536 -exist
    create KUBE-LOAD-BALANCER hash:ip,port family inet hashsize 1024 maxelem 65536 -exist
    create KUBE-LOAD-BALANCER-FW hash:ip,port family inet hashsize 1024 maxelem 65536 -exist
    create KUBE-LOAD-BALANCER-LOCAL hash:ip,port family inet hashsize 1024 maxelem 65536 -exist
    create KUBE-LOAD-BALANCER-SOURCE-IP hash:ip,port,ip family inet hashsize 1024 maxelem 65536 -exist
    create KUBE-LOAD-BALANCER-SOURCE-CIDR hash:ip,port,net family inet hashsize 1024 maxelem 65536 -exist
    create KUBE-NODE-PORT-TCP bitmap:port range 0-65535 -exist
    create KUBE-NODE-PORT-LOCAL-TCP bitmap:port range 0-65535 -exist
    create KUBE-NODE-PORT-UDP bitmap:port range 0-65535 -exist
    create KUBE-NODE-PORT-LOCAL-UDP bitmap:port range 0-65535 -exist
    create KUBE-NODE-PORT-SCTP-HASH hash:ip,port family inet hashsize 1024 maxelem 65536 -exist
    create KUBE-NODE-PORT-LOCAL-SCTP-HASH hash:ip,port family inet hashsize 1024 maxelem 65536 -exist
    create KUBE-HEALTH-CHECK-NODE-PORT bitmap:port range 0-65535 -exist
    create KUBE-IPVS-IPS hash:ip family inet hashsize 1024 maxelem 65536 -exist
    $ iptables-restore --wait 5 --noflush
    *filter
    :KUBE-FORWARD - [0:0]
    :KUBE-NODE-PORT - [0:0]
    :KUBE-PROXY-FIREWALL - [0:0]
    :KUBE-SOURCE-RANGES-FIREWALL - [0:0]
    :KUBE-IPVS-FILTER - [0:0]
    :KUBE-IPVS-OUT-FILTER - [0:0]
    -A KUBE-FORWARD -m comment --comment "kubernetes forwarding rules" -m mark --mark 0x00004000/0x00004000 -j ACCEPT
    -A KUBE-FORWARD -m comment --comment "kubernetes forwarding conntrack rule" -m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT
    -A KUBE-NODE-PORT -m comment --comment "Kubernetes health check node port" -m set --match-set KUBE-HEALTH-CHECK-NODE-PORT dst -j ACCEPT
    -A KUBE-SOURCE-RANGES-FIREWALL -j DROP
    -A KUBE-IPVS-FILTER -m set --match-set KUBE-LOAD-BALANCER dst,dst -j RETURN
    -A KUBE-IPVS-FILTER -m set --match-set KUBE-CLUSTER-IP dst,dst -j RETURN
    -A KUBE-IPVS-FILTER -m set --match-set KUBE-EXTERNAL-IP dst,dst -j RETURN
    -A KUBE-IPVS-FILTER -m set --match-set KUBE-EXTERNAL-IP-LOCAL dst,dst -j RETURN
    -A KUBE-IPVS-FILTER -m set --match-set KUBE-HEALTH-CHECK-NODE-PORT dst -j RETURN
    -A KUBE-IPVS-FILTER -m conntrack --ctstate NEW -m set --match-set KUBE-IPVS-IPS dst -j REJECT
    -I FORWARD -m comment --comment "kubernetes forwarding rules" -j KUBE-FORWARD
    -I INPUT -m comment --comment "kubernetes health check rules" -j KUBE-NODE-PORT
    -I INPUT -m comment --comment "kube-proxy firewall rules" -j KUBE-PROXY-FIREWALL
    -I FORWARD -m comment --comment "kube-proxy firewall rules" -j KUBE-PROXY-FIREWALL
    -I INPUT -m comment --comment "kubernetes ipvs access filter" -j KUBE-IPVS-FILTER
    -I OUTPUT -m comment --comment "kubernetes ipvs access filter" -j KUBE-IPVS-OUT-FILTER
    COMMIT
    *nat
    :KUBE-SERVICES - [0:0]
    :KUBE-POSTROUTING - [0:0]
    :KUBE-NODE-PORT - [0:0]
    :KUBE-LOAD-BALANCER - [0:0]
    :KUBE-MARK-MASQ - [0:0]
    -A KUBE-SERVICES -s 127.0.0.0/8 -j RETURN
    -A KUBE-SERVICES -m addrtype --dst-type LOCAL -j KUBE-NODE-PORT
    -A KUBE-POSTROUTING -m mark ! --mark 0x00004000/0x00004000 -j RETURN
    -A KUBE-POSTROUTING -j MARK --xor-mark 0x00004000
    -A KUBE-POSTROUTING -m comment --comment "kubernetes service traffic requiring SNAT" -j MASQUERADE --random-fully
    -A KUBE-LOAD-BALANCER -j KUBE-MARK-MASQ
    -A KUBE-MARK-MASQ -j MARK --or-mark 0x00004000
    -I OUTPUT -m comment --comment "kubernetes service portals" -j KUBE-SERVICES
    -I PREROUTING -m comment --comment "kubernetes service portals" -j KUBE-SERVICES
    -I POSTROUTING -m comment --comment "kubernetes postrouting rules" -j KUBE-POSTROUTING
    COMMIT
    "
  `);
});

describe('what a Service adds', () => {
  /** Without parameters, device, creation of sets and chains. */
  const added = (views: ReturnType<typeof viewsOf>, facts = FACTS_4, addresses?: string[]) =>
    pasted(views, facts, addresses)
      .split('\n')
      .filter(
        (line) =>
          /^(add |-[Aa] (-[tu]|--sctp)|address )/.test(line) ||
          /^-A .*(EXTERNAL-IP|CLUSTER-IP|BALANCER|NODE-PORT-|LOOP)/.test(line),
      )
      .join('\n');

  it('ClusterIP, sticky', () => {
    expect(added(viewsOf([service({ sessionAffinity: 'ClientIP' })], [slice(ENDPOINTS)]))).toMatchInlineSnapshot(`
      "add KUBE-LOOP-BACK 10.244.1.2,tcp:80,10.244.1.2 -exist
      add KUBE-IPVS-IPS 172.30.0.41 -exist
      -A KUBE-IPVS-FILTER -m set --match-set KUBE-LOAD-BALANCER dst,dst -j RETURN
      -A KUBE-IPVS-FILTER -m set --match-set KUBE-CLUSTER-IP dst,dst -j RETURN
      -A KUBE-IPVS-FILTER -m set --match-set KUBE-EXTERNAL-IP dst,dst -j RETURN
      -A KUBE-IPVS-FILTER -m set --match-set KUBE-EXTERNAL-IP-LOCAL dst,dst -j RETURN
      -A KUBE-SERVICES -m comment --comment "Kubernetes service cluster ip + port for masquerade purpose" -m set --match-set KUBE-CLUSTER-IP dst,dst ! -s 10.244.0.0/16 -j KUBE-MARK-MASQ
      -A KUBE-SERVICES -m set --match-set KUBE-CLUSTER-IP dst,dst -j ACCEPT
      -A KUBE-POSTROUTING -m comment --comment "Kubernetes endpoints dst ip:port, source ip for solving hairpin purpose" -m set --match-set KUBE-LOOP-BACK dst,dst,src -j MASQUERADE
      -A KUBE-LOAD-BALANCER -j KUBE-MARK-MASQ
      -A -t 172.30.0.41:80 -s rr -p 10800
      -a -t 172.30.0.41:80 -r 10.244.1.2:80 -m -w 1
      -a -t 172.30.0.41:80 -r 10.244.2.2:80 -m -w 1
      add KUBE-CLUSTER-IP 172.30.0.41,tcp:80 -exist
      address replace 172.30.0.41/32 dev kube-ipvs0"
    `);
  });

  it('LoadBalancer with source ranges and policy Local', () => {
    const balancer = service(
      {
        type: 'LoadBalancer',
        externalTrafficPolicy: 'Local',
        healthCheckNodePort: 32000,
        loadBalancerSourceRanges: ['0.0.0.0/0', '203.0.113.7/32'],
        ports: [{ name: 'p80', port: 80, nodePort: 30080 }],
      },
      'ns1/svc1',
      { status: { loadBalancer: { ingress: [{ ip: '198.51.100.1' }] } } },
    );
    expect(added(viewsOf([balancer], [slice(ENDPOINTS)]))).toMatchInlineSnapshot(`
      "add KUBE-LOOP-BACK 10.244.1.2,tcp:80,10.244.1.2 -exist
      add KUBE-IPVS-IPS 172.30.0.41 -exist
      add KUBE-LOAD-BALANCER-LOCAL 198.51.100.1,tcp:80 -exist
      add KUBE-LOAD-BALANCER-SOURCE-CIDR 198.51.100.1,tcp:80,0.0.0.0/1 -exist
      add KUBE-LOAD-BALANCER-SOURCE-CIDR 198.51.100.1,tcp:80,128.0.0.0/1 -exist
      add KUBE-LOAD-BALANCER-SOURCE-CIDR 198.51.100.1,tcp:80,203.0.113.7 -exist
      add KUBE-LOAD-BALANCER-SOURCE-IP 198.51.100.1,tcp:80,198.51.100.1 -exist
      add KUBE-IPVS-IPS 198.51.100.1 -exist
      add KUBE-NODE-PORT-TCP 30080 -exist
      add KUBE-NODE-PORT-LOCAL-TCP 30080 -exist
      add KUBE-HEALTH-CHECK-NODE-PORT 32000 -exist
      add KUBE-LOAD-BALANCER-FW 198.51.100.1,tcp:80 -exist
      -A KUBE-PROXY-FIREWALL -m comment --comment "Kubernetes service load balancer ip + port for load balancer with sourceRange" -m set --match-set KUBE-LOAD-BALANCER-FW dst,dst -j KUBE-SOURCE-RANGES-FIREWALL
      -A KUBE-SOURCE-RANGES-FIREWALL -m comment --comment "Kubernetes service load balancer ip + port + source cidr for packet filter purpose" -m set --match-set KUBE-LOAD-BALANCER-SOURCE-CIDR dst,dst,src -j RETURN
      -A KUBE-SOURCE-RANGES-FIREWALL -m comment --comment "Kubernetes service load balancer ip + port + source IP for packet filter purpose" -m set --match-set KUBE-LOAD-BALANCER-SOURCE-IP dst,dst,src -j RETURN
      -A KUBE-IPVS-FILTER -m set --match-set KUBE-LOAD-BALANCER dst,dst -j RETURN
      -A KUBE-IPVS-FILTER -m set --match-set KUBE-CLUSTER-IP dst,dst -j RETURN
      -A KUBE-IPVS-FILTER -m set --match-set KUBE-EXTERNAL-IP dst,dst -j RETURN
      -A KUBE-IPVS-FILTER -m set --match-set KUBE-EXTERNAL-IP-LOCAL dst,dst -j RETURN
      -A KUBE-SERVICES -m comment --comment "Kubernetes service lb portal" -m set --match-set KUBE-LOAD-BALANCER dst,dst -j KUBE-LOAD-BALANCER
      -A KUBE-SERVICES -m comment --comment "Kubernetes service cluster ip + port for masquerade purpose" -m set --match-set KUBE-CLUSTER-IP dst,dst ! -s 10.244.0.0/16 -j KUBE-MARK-MASQ
      -A KUBE-SERVICES -m set --match-set KUBE-CLUSTER-IP dst,dst -j ACCEPT
      -A KUBE-SERVICES -m set --match-set KUBE-LOAD-BALANCER dst,dst -j ACCEPT
      -A KUBE-POSTROUTING -m comment --comment "Kubernetes endpoints dst ip:port, source ip for solving hairpin purpose" -m set --match-set KUBE-LOOP-BACK dst,dst,src -j MASQUERADE
      -A KUBE-NODE-PORT -p tcp -m comment --comment "Kubernetes nodeport TCP port with externalTrafficPolicy=local" -m set --match-set KUBE-NODE-PORT-LOCAL-TCP dst -j RETURN
      -A KUBE-NODE-PORT -p tcp -m comment --comment "Kubernetes nodeport TCP port for masquerade purpose" -m set --match-set KUBE-NODE-PORT-TCP dst -j KUBE-MARK-MASQ
      -A KUBE-LOAD-BALANCER -m comment --comment "Kubernetes service load balancer ip + port with externalTrafficPolicy=local" -m set --match-set KUBE-LOAD-BALANCER-LOCAL dst,dst -j RETURN
      -A KUBE-LOAD-BALANCER -j KUBE-MARK-MASQ
      -A -t 172.30.0.41:80 -s rr
      -a -t 172.30.0.41:80 -r 10.244.1.2:80 -m -w 1
      -a -t 172.30.0.41:80 -r 10.244.2.2:80 -m -w 1
      -A -t 198.51.100.1:80 -s rr
      -a -t 198.51.100.1:80 -r 10.244.1.2:80 -m -w 1
      -A -t 192.168.1.11:30080 -s rr
      -a -t 192.168.1.11:30080 -r 10.244.1.2:80 -m -w 1
      add KUBE-CLUSTER-IP 172.30.0.41,tcp:80 -exist
      add KUBE-LOAD-BALANCER 198.51.100.1,tcp:80 -exist
      address replace 172.30.0.41/32 dev kube-ipvs0
      address replace 198.51.100.1/32 dev kube-ipvs0"
    `);
  });

  it('an external IP, and a balancer the node itself may not use', () => {
    const object = service(
      { externalIPs: ['192.0.2.7'], type: 'LoadBalancer', loadBalancerSourceRanges: ['203.0.113.0/24'] },
      'ns1/svc1',
      {
        status: { loadBalancer: { ingress: [{ ip: '198.51.100.1' }] } },
      },
    );
    expect(added(viewsOf([object], [slice(ENDPOINTS)]))).toMatchInlineSnapshot(`
      "add KUBE-LOOP-BACK 10.244.1.2,tcp:80,10.244.1.2 -exist
      add KUBE-IPVS-IPS 172.30.0.41 -exist
      add KUBE-IPVS-IPS 192.0.2.7 -exist
      add KUBE-LOAD-BALANCER-SOURCE-CIDR 198.51.100.1,tcp:80,203.0.113.0/24 -exist
      add KUBE-IPVS-IPS 198.51.100.1 -exist
      add KUBE-LOAD-BALANCER-FW 198.51.100.1,tcp:80 -exist
      -A KUBE-PROXY-FIREWALL -m comment --comment "Kubernetes service load balancer ip + port for load balancer with sourceRange" -m set --match-set KUBE-LOAD-BALANCER-FW dst,dst -j KUBE-SOURCE-RANGES-FIREWALL
      -A KUBE-SOURCE-RANGES-FIREWALL -m comment --comment "Kubernetes service load balancer ip + port + source cidr for packet filter purpose" -m set --match-set KUBE-LOAD-BALANCER-SOURCE-CIDR dst,dst,src -j RETURN
      -A KUBE-IPVS-FILTER -m set --match-set KUBE-LOAD-BALANCER dst,dst -j RETURN
      -A KUBE-IPVS-FILTER -m set --match-set KUBE-CLUSTER-IP dst,dst -j RETURN
      -A KUBE-IPVS-FILTER -m set --match-set KUBE-EXTERNAL-IP dst,dst -j RETURN
      -A KUBE-IPVS-FILTER -m set --match-set KUBE-EXTERNAL-IP-LOCAL dst,dst -j RETURN
      -A KUBE-SERVICES -m comment --comment "Kubernetes service lb portal" -m set --match-set KUBE-LOAD-BALANCER dst,dst -j KUBE-LOAD-BALANCER
      -A KUBE-SERVICES -m comment --comment "Kubernetes service cluster ip + port for masquerade purpose" -m set --match-set KUBE-CLUSTER-IP dst,dst ! -s 10.244.0.0/16 -j KUBE-MARK-MASQ
      -A KUBE-SERVICES -m comment --comment "Kubernetes service external ip + port for masquerade and filter purpose" -m set --match-set KUBE-EXTERNAL-IP dst,dst -j KUBE-MARK-MASQ
      -A KUBE-SERVICES -m comment --comment "Kubernetes service external ip + port for masquerade and filter purpose" -m set --match-set KUBE-EXTERNAL-IP dst,dst -m physdev ! --physdev-is-in -m addrtype ! --src-type LOCAL -j ACCEPT
      -A KUBE-SERVICES -m comment --comment "Kubernetes service external ip + port for masquerade and filter purpose" -m set --match-set KUBE-EXTERNAL-IP dst,dst -m addrtype --dst-type LOCAL -j ACCEPT
      -A KUBE-SERVICES -m set --match-set KUBE-CLUSTER-IP dst,dst -j ACCEPT
      -A KUBE-SERVICES -m set --match-set KUBE-LOAD-BALANCER dst,dst -j ACCEPT
      -A KUBE-POSTROUTING -m comment --comment "Kubernetes endpoints dst ip:port, source ip for solving hairpin purpose" -m set --match-set KUBE-LOOP-BACK dst,dst,src -j MASQUERADE
      -A KUBE-LOAD-BALANCER -j KUBE-MARK-MASQ
      -A -t 172.30.0.41:80 -s rr
      -a -t 172.30.0.41:80 -r 10.244.1.2:80 -m -w 1
      -a -t 172.30.0.41:80 -r 10.244.2.2:80 -m -w 1
      -A -t 192.0.2.7:80 -s rr
      -a -t 192.0.2.7:80 -r 10.244.1.2:80 -m -w 1
      -a -t 192.0.2.7:80 -r 10.244.2.2:80 -m -w 1
      -A -t 198.51.100.1:80 -s rr
      -a -t 198.51.100.1:80 -r 10.244.1.2:80 -m -w 1
      -a -t 198.51.100.1:80 -r 10.244.2.2:80 -m -w 1
      add KUBE-CLUSTER-IP 172.30.0.41,tcp:80 -exist
      add KUBE-EXTERNAL-IP 192.0.2.7,tcp:80 -exist
      add KUBE-LOAD-BALANCER 198.51.100.1,tcp:80 -exist
      address replace 172.30.0.41/32 dev kube-ipvs0
      address replace 192.0.2.7/32 dev kube-ipvs0
      address replace 198.51.100.1/32 dev kube-ipvs0"
    `);
  });

  it('node ports of UDP and SCTP in IPv6', () => {
    const ports = [
      { name: 'dns', port: 53, protocol: 'UDP', nodePort: 30053 },
      { name: 'sig', port: 2905, protocol: 'SCTP', nodePort: 30905 },
    ] as const;
    const object = service({ clusterIP: 'fd00:96::5', type: 'NodePort', ports: [...ports] });
    const endpoints = slice([{ ip: 'fd00:244::2', nodeName: NODE }], {
      family: 6,
      ports: ports.map(({ name, port, protocol }) => ({ name, port, protocol })),
    });
    expect(added(viewsOf([object], [endpoints], { family: 6 }), FACTS_6, ['fd00:1::11'])).toMatchInlineSnapshot(`
      "add KUBE-6-LOOP-BACK fd00:244::2,udp:53,fd00:244::2 -exist
      add KUBE-6-IPVS-IPS fd00:96::5 -exist
      add KUBE-6-NODE-PORT-UDP 30053 -exist
      add KUBE-6-LOOP-BACK fd00:244::2,sctp:2905,fd00:244::2 -exist
      add KUBE-6-NODE-PORT-SCTP-HASH fd00:1::11,sctp:30905 -exist
      -A KUBE-IPVS-FILTER -m set --match-set KUBE-6-LOAD-BALANCER dst,dst -j RETURN
      -A KUBE-IPVS-FILTER -m set --match-set KUBE-6-CLUSTER-IP dst,dst -j RETURN
      -A KUBE-IPVS-FILTER -m set --match-set KUBE-6-EXTERNAL-IP dst,dst -j RETURN
      -A KUBE-IPVS-FILTER -m set --match-set KUBE-6-EXTERNAL-IP-LOCAL dst,dst -j RETURN
      -A KUBE-SERVICES -m comment --comment "Kubernetes service cluster ip + port for masquerade purpose" -m set --match-set KUBE-6-CLUSTER-IP dst,dst ! -s fd00:244::/56 -j KUBE-MARK-MASQ
      -A KUBE-SERVICES -m set --match-set KUBE-6-CLUSTER-IP dst,dst -j ACCEPT
      -A KUBE-POSTROUTING -m comment --comment "Kubernetes endpoints dst ip:port, source ip for solving hairpin purpose" -m set --match-set KUBE-6-LOOP-BACK dst,dst,src -j MASQUERADE
      -A KUBE-NODE-PORT -p udp -m comment --comment "Kubernetes nodeport UDP port for masquerade purpose" -m set --match-set KUBE-6-NODE-PORT-UDP dst -j KUBE-MARK-MASQ
      -A KUBE-NODE-PORT -p sctp -m comment --comment "Kubernetes nodeport SCTP port for masquerade purpose with type 'hash ip:port'" -m set --match-set KUBE-6-NODE-PORT-SCTP-HASH dst,dst -j KUBE-MARK-MASQ
      -A KUBE-LOAD-BALANCER -j KUBE-MARK-MASQ
      -A -u [fd00:96::5]:53 -s rr
      -a -u [fd00:96::5]:53 -r [fd00:244::2]:53 -m -w 1
      -A -u [fd00:1::11]:30053 -s rr
      -a -u [fd00:1::11]:30053 -r [fd00:244::2]:53 -m -w 1
      -A --sctp-service [fd00:96::5]:2905 -s rr
      -a --sctp-service [fd00:96::5]:2905 -r [fd00:244::2]:2905 -m -w 1
      -A --sctp-service [fd00:1::11]:30905 -s rr
      -a --sctp-service [fd00:1::11]:30905 -r [fd00:244::2]:2905 -m -w 1
      add KUBE-6-CLUSTER-IP fd00:96::5,udp:53 -exist
      add KUBE-6-CLUSTER-IP fd00:96::5,sctp:2905 -exist
      address replace fd00:96::5/128 dev kube-ipvs0"
    `);
  });
});
