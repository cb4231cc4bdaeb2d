/**
 * The rules of one Service port: those in the shared dispatch chains and its own chains in nat. The texts, their
 * order and their comments are kube-proxy's. Pure; the same view gives the same text.
 */
import { cidrContains, cidrOf } from '../../../net/cidr.ts';
import { parseIp } from '../../../net/ip.ts';
import { isExternallyAccessible, type ServicePortView } from '../../../objects/service-port-view.ts';
import type { LocalTraffic, ProxyFacts } from '../backend.ts';
import type { ServiceChainNames } from '../service-chains.ts';
import * as names from './chain-names.ts';
import { chainedEndpoints, endpointChain, policyRules } from './endpoint-rules.ts';
import { type Chain, counted, hasLocalhostNodePorts } from './fixed-chains.ts';

/** A rule in a chain shared by all Services; which Service's come first there is of no account. */
export interface DispatchRule {
  readonly table: 'filter' | 'nat';
  readonly chain: string;
  /** What packets the rule is about: of two rules with the same match the first decides. */
  readonly match: string;
  readonly rule: string;
}

export interface ServiceRules {
  /** In kube-proxy's order. */
  readonly dispatch: readonly DispatchRule[];
  /** In nat; a chain may jump to a later one. */
  readonly chains: readonly Chain[];
}

export interface RenderOptions {
  readonly facts: ProxyFacts;
  /** Endpoint rules without comments: they take 40 % of the text when there are many. */
  readonly isLargeCluster: boolean;
}

/** What the traffic policies make of a view: where its traffic goes, and what happens to the rest. */
interface Traffic {
  readonly chains: ServiceChainNames;
  readonly internalChain: string;
  readonly externalPolicyChain: string;
  readonly balancerChain: string;
  readonly hasInternal: boolean;
  readonly hasExternal: boolean;
  readonly usesExternalChain: boolean;
  readonly usesFirewall: boolean;
  /** `-j REJECT` without endpoints anywhere, `-j DROP` when policy Local finds none here. */
  readonly refusal: { readonly target: 'REJECT' | 'DROP'; readonly comment: string };
}

function trafficOf(view: ServicePortView): Traffic {
  const { endpoints, nameString } = view;
  const chains = names.serviceChainNames(view);
  const hasLocal = endpoints.local.length > 0;
  const usesFirewall = endpoints.hasAny && view.loadBalancerVIPs.length > 0 && view.loadBalancerSourceRanges.length > 0;
  return {
    chains,
    internalChain: view.isInternalPolicyLocal ? chains.local : chains.cluster,
    externalPolicyChain: view.isExternalPolicyLocal ? chains.local : chains.cluster,
    balancerChain: usesFirewall ? chains.firewall : chains.external,
    hasInternal: endpoints.hasAny && (!view.isInternalPolicyLocal || hasLocal),
    hasExternal: endpoints.hasAny && (!view.isExternalPolicyLocal || hasLocal),
    usesExternalChain: endpoints.hasAny && isExternallyAccessible(view),
    usesFirewall,
    refusal: endpoints.hasAny
      ? { target: 'DROP', comment: `"${nameString} has no local endpoints"` }
      : { target: 'REJECT', comment: `"${nameString} has no endpoints"` },
  };
}

/** All rules of a view. */
export function serviceRules(view: ServicePortView, options: RenderOptions): ServiceRules {
  const traffic = trafficOf(view);
  return { dispatch: dispatchRules(view, traffic, options.facts), chains: ownChains(view, traffic, options) };
}

/** `-m tcp -p tcp`. */
export function protocolMatch(view: ServicePortView): string {
  const protocol = view.name.protocol.toLowerCase();
  return `-m ${protocol} -p ${protocol}`;
}

function comment(text: string): string {
  return `-m comment --comment ${text}`;
}

function dispatchRules(view: ServicePortView, traffic: Traffic, facts: ProxyFacts): DispatchRule[] {
  const { nameString, endpoints } = view;
  const { refusal } = traffic;
  const rules: DispatchRule[] = [];
  const add = (table: 'filter' | 'nat', chain: string, about: string, match: string, target: string) =>
    rules.push({ table, chain, match, rule: `${comment(about)} ${match} -j ${target}` });
  const to = (ip: string) => `${protocolMatch(view)} -d ${ip} --dport ${view.port}`;
  const refuseExternal = (match: string) =>
    add('filter', names.EXTERNAL_SERVICES, refusal.comment, match, refusal.target);

  const clusterIP = to(view.clusterIP);
  if (traffic.hasInternal) add('nat', names.SERVICES, `"${nameString} cluster IP"`, clusterIP, traffic.internalChain);
  else add('filter', names.SERVICES, refusal.comment, clusterIP, refusal.target);

  for (const ip of view.externalIPs) {
    if (endpoints.hasAny) add('nat', names.SERVICES, `"${nameString} external IP"`, to(ip), traffic.chains.external);
    if (!traffic.hasExternal) refuseExternal(to(ip));
  }

  for (const ip of view.loadBalancerVIPs) {
    if (endpoints.hasAny) add('nat', names.SERVICES, `"${nameString} loadbalancer IP"`, to(ip), traffic.balancerChain);
    if (traffic.usesFirewall) {
      const about = `"${nameString} traffic not accepted by ${traffic.chains.firewall}"`;
      add('filter', names.PROXY_FIREWALL, about, to(ip), 'DROP');
    }
    if (!traffic.hasExternal) refuseExternal(to(ip));
  }

  if (view.nodePort !== undefined) {
    const match = `${protocolMatch(view)} --dport ${view.nodePort}`;
    // Node ports are not subject to loadBalancerSourceRanges: they go past the firewall chain.
    if (endpoints.hasAny) {
      if (hasLocalhostNodePorts(facts) && facts.hasPacketCounters) {
        const local = `${protocolMatch(view)} -d 127.0.0.0/8 --dport ${view.nodePort} ${counted('localhost')}`;
        add('nat', names.NODE_PORTS, nameString, local, traffic.chains.external);
      }
      add('nat', names.NODE_PORTS, nameString, match, traffic.chains.external);
    }
    if (!traffic.hasExternal) refuseExternal(`-m addrtype --dst-type LOCAL ${match}`);
  }

  if (view.healthCheckNodePort !== undefined) {
    const match = `-m tcp -p tcp --dport ${view.healthCheckNodePort}`;
    add('filter', names.NODE_PORTS, `"${nameString} health check node port"`, match, 'ACCEPT');
  }
  return rules;
}

function ownChains(view: ServicePortView, traffic: Traffic, options: RenderOptions): Chain[] {
  const { endpoints } = view;
  const { chains, internalChain } = traffic;
  const masquerade = internalMasqueradeRules(view, traffic, options.facts);
  const result: Chain[] = [];
  if (traffic.usesExternalChain)
    result.push({ name: chains.external, rules: externalRules(view, traffic, options.facts) });
  if (traffic.usesFirewall) result.push({ name: chains.firewall, rules: firewallRules(view, traffic, options.facts) });
  const reachable = chainedEndpoints(view, endpoints.reachable);
  for (const [name, members] of [
    [chains.cluster, endpoints.cluster],
    [chains.local, endpoints.local],
  ] as const) {
    if (members.length === 0) continue;
    const first = name === internalChain ? masquerade : [];
    const used = new Set(members);
    const targets = reachable.filter(({ endpoint }) => used.has(endpoint));
    result.push({ name, rules: [...first, ...policyRules(view, targets, options.isLargeCluster)] });
  }
  for (const target of reachable) result.push(endpointChain(view, target, options.isLargeCluster));
  return result;
}

/** Traffic to the cluster IP from outside the cluster may leave for another node: its source must become this node. */
function internalMasqueradeRules(view: ServicePortView, traffic: Traffic, facts: ProxyFacts): string[] {
  if (!traffic.hasInternal) return [];
  const match = `${comment(`"${view.nameString} cluster IP"`)} ${protocolMatch(view)} -d ${view.clusterIP} --dport ${view.port}`;
  if (facts.masqueradeAll) return [`${match} -j ${names.MARK_MASQ}`];
  return facts.localTraffic === undefined ? [] : [`${match} ${isNotLocal(facts.localTraffic)} -j ${names.MARK_MASQ}`];
}

function externalRules(view: ServicePortView, traffic: Traffic, facts: ProxyFacts): string[] {
  const rules: string[] = [];
  const text = (before: string) => comment(`"${before} for ${view.nameString} external destinations"`);
  if (!view.isExternalPolicyLocal) {
    rules.push(`${text('masquerade traffic')} -j ${names.MARK_MASQ}`);
  } else {
    // A node's own pods and processes are served as if they had gone out to the load balancer and come back.
    if (facts.localTraffic !== undefined)
      rules.push(`${text('pod traffic')} ${isLocal(facts.localTraffic)} -j ${traffic.chains.cluster}`);
    rules.push(
      `${text('masquerade LOCAL traffic')} -m addrtype --src-type LOCAL -j ${names.MARK_MASQ}`,
      `${text('route LOCAL traffic')} -m addrtype --src-type LOCAL -j ${traffic.chains.cluster}`,
    );
  }
  if (traffic.hasExternal) rules.push(`-j ${traffic.externalPolicyChain}`);
  return rules;
}

function firewallRules(view: ServicePortView, traffic: Traffic, facts: ProxyFacts): string[] {
  const match = comment(`"${view.nameString} loadbalancer IP"`);
  const accept = (source: string) => `${match} -s ${source} -j ${traffic.chains.external}`;
  const node = parseIp(facts.nodeIP);
  const isNodeAllowed =
    node !== undefined && view.loadBalancerSourceRanges.some((range) => cidrContains(cidrOf(range), node));
  return [
    ...view.loadBalancerSourceRanges.map(accept),
    // A balancer's address is often local to the node: then the node's own requests carry it as their source.
    ...(isNodeAllowed ? view.loadBalancerVIPs.map(accept) : []),
    comment(`"other traffic to ${view.nameString} will be dropped by ${names.PROXY_FIREWALL}"`),
  ];
}

function isLocal(local: LocalTraffic): string {
  return local.by === 'cidr' ? `-s ${local.cidr}` : `-i ${local.device}`;
}

function isNotLocal(local: LocalTraffic): string {
  return `! ${isLocal(local)}`;
}
