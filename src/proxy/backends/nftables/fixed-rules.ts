/**
 * The part of kube-proxy's tables that depends on no Service. Load-balancer sources are judged before DNAT (priority
 * −110), where the packet still has the Service's address; what is still addressed to a cluster IP after DNAT (priority
 * 0) met no port of it.
 */
import type { IpFamily } from '../../../net/ip.ts';
import type { LocalTraffic, ProxyFacts } from '../backend.ts';
import { disjointCidrs } from './disjoint-cidrs.ts';
import * as names from './names.ts';
import { type Chain, type Element, elementOf } from './table-text.ts';

export interface BaseChain extends Chain {
  readonly type: 'filter' | 'nat';
  readonly hook: 'prerouting' | 'input' | 'forward' | 'output' | 'postrouting';
  readonly priority: number;
}

/** Only the first packet of a connection is judged. */
const NEW = 'ct state new jump';

export const BASE_CHAINS: readonly BaseChain[] = [
  base('filter-prerouting-pre-dnat', 'filter', 'prerouting', -110, `${NEW} ${names.FIREWALL_CHECK}`),
  base('filter-output-pre-dnat', 'filter', 'output', -110, `${NEW} ${names.FIREWALL_CHECK}`),
  base(
    ...(['filter-input', 'filter', 'input', 0] as const),
    `${NEW} ${names.NODE_PORT_ENDPOINTS_CHECK}`,
    `${NEW} ${names.SERVICE_ENDPOINTS_CHECK}`,
  ),
  base(
    ...(['filter-forward', 'filter', 'forward', 0] as const),
    `${NEW} ${names.SERVICE_ENDPOINTS_CHECK}`,
    `${NEW} ${names.CLUSTER_IPS_CHECK}`,
  ),
  base(
    ...(['filter-output', 'filter', 'output', 0] as const),
    `${NEW} ${names.SERVICE_ENDPOINTS_CHECK}`,
    `${NEW} ${names.CLUSTER_IPS_CHECK}`,
  ),
  base('nat-prerouting', 'nat', 'prerouting', -100, `jump ${names.SERVICES}`),
  base('nat-output', 'nat', 'output', -100, `jump ${names.SERVICES}`),
  base('nat-postrouting', 'nat', 'postrouting', 100, `jump ${names.MASQUERADING}`),
];

function base(
  name: string,
  type: BaseChain['type'],
  hook: BaseChain['hook'],
  priority: number,
  ...rules: string[]
): BaseChain {
  return { name, type, hook, priority, rules };
}

/** `set` or `map` with its declaration. */
interface Declaration {
  readonly name: names.Container;
  readonly kind: 'set' | 'map';
  /** Behind `type`; ADDRESS stands for the family's type of address. */
  readonly type: string;
  readonly comment: string;
}

const TO_PORT = 'ADDRESS . inet_proto . inet_service';

const DECLARATIONS: readonly Declaration[] = [
  { name: 'cluster-ips', kind: 'set', type: 'ADDRESS', comment: 'Active ClusterIPs' },
  { name: 'nodeport-ips', kind: 'set', type: 'ADDRESS', comment: 'IPs that accept NodePort traffic' },
  { name: 'hairpin-connections', kind: 'set', type: `ADDRESS . ${TO_PORT}`, comment: 'service hairpin connections' },
  {
    ...{ name: 'no-endpoint-services', kind: 'map', type: `${TO_PORT} : verdict` },
    comment: 'vmap to drop or reject packets to services with no endpoints',
  },
  {
    ...{ name: 'no-endpoint-nodeports', kind: 'map', type: 'inet_proto . inet_service : verdict' },
    comment: 'vmap to drop or reject packets to service nodeports with no endpoints',
  },
  {
    ...{ name: 'firewall-ips', kind: 'map', type: `${TO_PORT} : verdict` },
    comment: 'destinations that are subject to LoadBalancerSourceRanges',
  },
  {
    ...{ name: 'service-ips', kind: 'map', type: `${TO_PORT} : verdict` },
    comment: 'ClusterIP, ExternalIP and LoadBalancer IP traffic',
  },
  {
    ...{ name: 'service-nodeports', kind: 'map', type: 'inet_proto . inet_service : verdict' },
    comment: 'NodePort traffic',
  },
];

/** The table with its sets and maps; whatever stands already stays. */
export function declarationText(family: IpFamily): string {
  const table = names.tableOf(family);
  let text = `add table ${table} { comment "rules for kube-proxy" ; }\n`;
  for (const { name, kind, type, comment } of DECLARATIONS) {
    const words = type.replaceAll('ADDRESS', `ipv${family}_addr`);
    text += `add ${kind} ${table} ${name} { type ${words} ; comment "${comment}" ; }\n`;
  }
  return text;
}

/** The chains that base chains jump to, in an order in which each is there before another goes to it. */
export function fixedChains(facts: ProxyFacts): Chain[] {
  const ip = facts.family === 6 ? 'ip6' : 'ip';
  const mark = markOf(facts);
  const destination = `${ip} daddr . meta l4proto . th dport`;
  const notLocalhost = facts.family === 6 ? 'ip6 daddr != ::1' : 'ip daddr != 127.0.0.0/8';
  const serviceCIDRs = disjointCidrs(facts.serviceCIDRs).join(', ');
  const isRestricted = facts.nodePortIPs !== undefined;
  const nodePort = (isLocalKnown: boolean) => {
    const address = isLocalKnown ? notLocalhost : `fib daddr type local ${notLocalhost}`;
    return `${isRestricted ? `${ip} daddr @nodeport-ips` : address} meta l4proto . th dport`;
  };
  return [
    {
      name: names.REJECT,
      rules: ['reject'],
      comment: 'helper for @no-endpoint-services / @no-endpoint-nodeports',
    },
    { name: names.FIREWALL_CHECK, rules: [`${destination} vmap @firewall-ips`] },
    { name: names.SERVICE_ENDPOINTS_CHECK, rules: [`${destination} vmap @no-endpoint-services`] },
    // Jumped to from the input hook alone, where every destination is local.
    { name: names.NODE_PORT_ENDPOINTS_CHECK, rules: [`${nodePort(true)} vmap @no-endpoint-nodeports`] },
    {
      name: names.CLUSTER_IPS_CHECK,
      rules: [
        `${ip} daddr @cluster-ips reject comment "Reject traffic to invalid ports of ClusterIPs"`,
        ...(serviceCIDRs === ''
          ? []
          : [`${ip} daddr { ${serviceCIDRs} } drop comment "Drop traffic to unallocated ClusterIPs"`]),
      ],
    },
    {
      name: names.SERVICES,
      rules: [
        ...clusterIpMasquerade(facts, ip),
        `${destination} vmap @service-ips`,
        `${nodePort(false)} vmap @service-nodeports`,
      ],
    },
    {
      name: names.MASQUERADING,
      rules: [
        // The mark goes first: a packet into a VXLAN tunnel keeps it, and would be masqueraded again outside.
        `mark and ${mark} != 0 mark set mark xor ${mark} masquerade fully-random`,
        `ct status dnat ${ip} saddr . ${ip} daddr . meta l4proto . th dport @hairpin-connections masquerade fully-random`,
      ],
    },
  ];
}

/** Node addresses that answer node ports. Never loopback: that would need `route_localnet` (CVE-2020-8558). */
export function fixedElements(facts: ProxyFacts): Element[] {
  return (facts.nodePortIPs ?? [])
    .filter((ip) => ip !== '::1' && !ip.startsWith('127.'))
    .map((ip) => elementOf('nodeport-ips', ip));
}

/** The rule that has a packet masqueraded when it leaves. */
export function markForMasquerade(facts: ProxyFacts): string {
  return `mark set mark or ${markOf(facts)}`;
}

/** Traffic to a cluster IP from outside the cluster may leave for another node: its source must become this node. */
function clusterIpMasquerade(facts: ProxyFacts, ip: string): string[] {
  const match = `${ip} daddr @cluster-ips`;
  const mark = markForMasquerade(facts);
  if (facts.masqueradeAll) return [`${match} ${mark} comment "masquerade all clusterIP traffic"`];
  if (facts.localTraffic === undefined) return [];
  const notLocal = localMatch(facts.localTraffic, ip, '!= ');
  return [`${match} ${notLocal} ${mark} comment "masquerade clusterIP traffic from outside cluster"`];
}

/** Matches traffic of this node's pods; with `!= ` all other. A device may be a prefix: iptables' `veth+` is nft's `veth*`. */
export function localMatch(local: LocalTraffic, ip: string, not: '' | '!= ' = ''): string {
  return local.by === 'cidr'
    ? `${ip} saddr ${not}${local.cidr}`
    : `iifname ${not}"${local.device.replace(/\+$/, '*')}"`;
}

function markOf(facts: ProxyFacts): string {
  return `0x${((1 << facts.masqueradeBit) >>> 0).toString(16)}`;
}
