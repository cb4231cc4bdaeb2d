/**
 * What one Service port has in the table: chains, sets of sticky clients, elements of the shared sets and maps. The
 * texts and comments are those of kube-proxy 1.36. Pure; the same view gives the same objects.
 */
import { cidrContains, cidrOf } from '../../../net/cidr.ts';
import { parseIp } from '../../../net/ip.ts';
import { type EndpointView, isExternallyAccessible, type ServicePortView } from '../../../objects/service-port-view.ts';
import type { ProxyFacts } from '../backend.ts';
import type { ServiceChainNames } from '../service-chains.ts';
import { disjointCidrs } from './disjoint-cidrs.ts';
import { localMatch, markForMasquerade } from './fixed-rules.ts';
import * as names from './names.ts';
import { type AffinitySet, type Chain, type Element, elementOf } from './table-text.ts';

/** What a view has that depends on kube-proxy's options too. */
export interface ServiceRules {
  readonly chains: readonly Chain[];
  readonly sets: readonly AffinitySet[];
}

/** What the traffic policies make of a view. */
interface Traffic {
  readonly chains: ServiceChainNames;
  readonly hasInternal: boolean;
  readonly hasExternal: boolean;
  readonly usesExternalChain: boolean;
  readonly usesFirewall: boolean;
  /** What becomes of a packet without an endpoint: refused without any anywhere, dropped when policy Local finds none. */
  readonly refusal: string;
}

function trafficOf(view: ServicePortView): Traffic {
  const { hasAny, local } = view.endpoints;
  return {
    chains: names.serviceChainNames(view),
    hasInternal: hasAny && (!view.isInternalPolicyLocal || local.length > 0),
    hasExternal: hasAny && (!view.isExternalPolicyLocal || local.length > 0),
    usesExternalChain: hasAny && isExternallyAccessible(view),
    usesFirewall: view.loadBalancerVIPs.length > 0 && view.loadBalancerSourceRanges.length > 0,
    // A map knows verdicts only, and `reject` is none.
    refusal: hasAny ? 'drop' : `goto ${names.REJECT}`,
  };
}

/** The elements of a view by id, whatever the options. */
export function serviceElements(view: ServicePortView): ReadonlyMap<string, Element> {
  const traffic = trafficOf(view);
  const { chains } = traffic;
  const { hasAny } = view.endpoints;
  const protocol = view.name.protocol.toLowerCase();
  const to = (ip: string) => `${ip} . ${protocol} . ${view.port}`;
  const comment = names.commentOf(view.nameString);
  const elements = new Map<string, Element>();
  /** Of two with one key (an external IP that is the cluster IP) the first counts. */
  const add = (...parts: Parameters<typeof elementOf>) => {
    const element = elementOf(...parts);
    if (!elements.has(element.id)) elements.set(element.id, element);
  };

  add('cluster-ips', view.clusterIP);
  const internal = view.isInternalPolicyLocal ? chains.local : chains.cluster;
  if (traffic.hasInternal) add('service-ips', to(view.clusterIP), `goto ${internal}`);
  else add('no-endpoint-services', to(view.clusterIP), traffic.refusal, comment);

  for (const ip of new Set([...view.externalIPs, ...view.loadBalancerVIPs])) {
    if (hasAny) add('service-ips', to(ip), `goto ${chains.external}`);
    if (!traffic.hasExternal) add('no-endpoint-services', to(ip), traffic.refusal, comment);
  }
  if (traffic.usesFirewall) {
    for (const ip of view.loadBalancerVIPs) add('firewall-ips', to(ip), `goto ${chains.firewall}`);
  }
  if (view.nodePort !== undefined) {
    const key = `${protocol} . ${view.nodePort}`;
    if (hasAny) add('service-nodeports', key, `goto ${chains.external}`);
    if (!traffic.hasExternal) add('no-endpoint-nodeports', key, traffic.refusal, comment);
  }
  for (const { ip, port, isLocal } of view.endpoints.reachable) {
    // Only a pod of this node can be sent back to itself here.
    if (isLocal) add('hairpin-connections', `${ip} . ${ip} . ${protocol} . ${port}`);
  }
  return elements;
}

/** The chains and sets of a view. */
export function serviceRules(view: ServicePortView, facts: ProxyFacts): ServiceRules {
  const traffic = trafficOf(view);
  const { chains } = traffic;
  const { cluster, local, reachable } = view.endpoints;
  const result: Chain[] = [];
  const sets: AffinitySet[] = [];
  if (view.affinitySeconds !== undefined) {
    for (const endpoint of reachable) {
      const { affinitySet } = names.endpointNames(view, endpoint);
      result.push(endpointChain(view, endpoint, facts));
      sets.push({ name: affinitySet, timeoutSeconds: view.affinitySeconds });
    }
  }
  if (cluster.length > 0) result.push({ name: chains.cluster, rules: policyRules(view, cluster, facts) });
  if (local.length > 0) result.push({ name: chains.local, rules: policyRules(view, local, facts) });
  if (traffic.usesExternalChain) result.push({ name: chains.external, rules: externalRules(view, traffic, facts) });
  if (traffic.usesFirewall) result.push({ name: chains.firewall, rules: [firewallRule(view, facts)] });
  return { chains: result, sets };
}

function ipWord(facts: ProxyFacts): 'ip' | 'ip6' {
  return facts.family === 6 ? 'ip6' : 'ip';
}

/** One of the endpoints by chance. With affinity those that stick go to theirs first, and each has a chain that notes it. */
function policyRules(view: ServicePortView, endpoints: readonly EndpointView[], facts: ProxyFacts): string[] {
  const ip = ipWord(facts);
  const dice = `numgen random mod ${endpoints.length}`;
  if (view.affinitySeconds === undefined) {
    const targets = endpoints.map((endpoint, index) => `${index} : ${endpoint.ip} . ${endpoint.port}`);
    const protocol = view.name.protocol.toLowerCase();
    return [`meta l4proto ${protocol} dnat ${ip} addr . port to ${dice} map { ${targets.join(' , ')} }`];
  }
  const named = endpoints.map((endpoint) => names.endpointNames(view, endpoint));
  return [
    ...named.map(({ chain, affinitySet }) => `${ip} saddr @${affinitySet} goto ${chain}`),
    `${dice} vmap { ${named.map(({ chain }, index) => `${index} : goto ${chain}`).join(' , ')} }`,
  ];
}

function endpointChain(view: ServicePortView, endpoint: EndpointView, facts: ProxyFacts): Chain {
  const { chain, affinitySet } = names.endpointNames(view, endpoint);
  return {
    name: chain,
    rules: [
      `update @${affinitySet} { ${ipWord(facts)} saddr }`,
      `meta l4proto ${view.name.protocol.toLowerCase()} dnat to ${endpoint.address}`,
    ],
  };
}

function externalRules(view: ServicePortView, traffic: Traffic, facts: ProxyFacts): string[] {
  const { chains } = traffic;
  const mark = markForMasquerade(facts);
  if (!view.isExternalPolicyLocal) return [mark, `goto ${chains.cluster}`];
  const local = facts.localTraffic;
  return [
    // A node's own pods and processes are served as if they had gone out to the load balancer and come back.
    ...(local === undefined
      ? []
      : [`${localMatch(local, ipWord(facts))} goto ${chains.cluster} comment "short-circuit pod traffic"`]),
    `fib saddr type local ${mark} comment "masquerade local traffic"`,
    `fib saddr type local goto ${chains.cluster} comment "short-circuit local traffic"`,
    ...(traffic.hasExternal ? [`goto ${chains.local}`] : []),
  ];
}

function firewallRule(view: ServicePortView, facts: ProxyFacts): string {
  const node = parseIp(facts.nodeIP);
  const ranges = view.loadBalancerSourceRanges;
  const isNodeAllowed = node !== undefined && ranges.some((range) => cidrContains(cidrOf(range), node));
  // A balancer's address is often local to the node: then the node's own requests carry it as their source.
  const sources = disjointCidrs([...ranges, ...(isNodeAllowed ? view.loadBalancerVIPs : [])]);
  return `${ipWord(facts)} saddr != { ${sources.join(', ')} } drop`;
}
