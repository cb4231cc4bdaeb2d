/**
 * The rules of one Service port: what is addressed to it goes to its relay on this node. Words, order and comments are the
 * first kube-proxy's (proxier.go, openPortal and the functions behind it). REDIRECT for packets that come in, which answers
 * with the address of the interface they came by; DNAT to the node's own address for the node's own packets, since REDIRECT
 * would send those to 127.0.0.1, and the answer would come from elsewhere.
 *
 * Beyond the first kube-proxy, so that all backends behave alike: externalIPs also for pods and the node itself, traffic
 * policies, loadBalancerSourceRanges, `nodePortAddresses`. Pure.
 */

import { cidrContains, cidrOf, cidrsOverlap, parseCidr } from '../../../net/cidr.ts';
import { hostPort } from '../../../net/host-port.ts';
import { parseIp } from '../../../net/ip.ts';
import type { ServicePortView } from '../../../objects/service-port-view.ts';
import type { ProxyFacts } from '../backend.ts';
import type { PortalRule } from './chain-names.ts';
import * as names from './chain-names.ts';
import { type RelayPorts, relayKey, relaysOf } from './relays.ts';

/** Ports of the relays that serve a Service port: to every endpoint, and to those of this node. */
interface Relays {
  readonly cluster: number | undefined;
  readonly local: number | undefined;
  /** There are endpoints, but none on this node: what policy Local keeps here is dropped. */
  readonly isLocalDropped: boolean;
}

/** One way to a Service port: its match, the chains for it, and where packets go by where they come from. */
interface Portal {
  readonly match: string;
  readonly container: string;
  readonly host: string;
  /** Only from these sources; undefined: from everywhere. */
  readonly source?: string;
}

const PORTALS = { container: names.PORTALS_CONTAINER, host: names.PORTALS_HOST };
const NODE_PORTS = { container: names.NODE_PORT_CONTAINER, host: names.NODE_PORT_HOST };

/** All rules of a view, those of a chain in their order. None while its relays have no ports. */
export function portalRules(view: ServicePortView, facts: ProxyFacts, ports: RelayPorts): PortalRule[] {
  const keys = relaysOf(view).map(({ key }) => key);
  if (keys.length === 0 || keys.some((key) => !ports.has(key))) return [];
  const relays = {
    cluster: ports.get(relayKey(view, false)),
    local: ports.get(relayKey(view, true)),
    isLocalDropped: view.endpoints.hasAny && view.endpoints.local.length === 0,
  };
  return [
    ...internalRules(view, facts, relays),
    ...[...view.externalIPs, ...view.loadBalancerVIPs].flatMap((ip) => externalRules(view, facts, relays, ip)),
    ...(view.nodePort === undefined ? [] : nodePortRules(view, view.nodePort, facts, relays)),
  ];
}

/** `ns/svc:port` as comment, protocol and destination port. */
function portMatch(view: ServicePortView, port: number, comment = view.nameString): string {
  const protocol = view.name.protocol.toLowerCase();
  return `-m comment --comment ${comment} -p ${protocol} -m ${protocol} --dport ${port}`;
}

function hostCidr(ip: string): string {
  return `${ip}/${ip.includes(':') ? 128 : 32}`;
}

function internalRules(view: ServicePortView, facts: ProxyFacts, relays: Relays): PortalRule[] {
  const port = view.isInternalPolicyLocal ? relays.local : relays.cluster;
  const address = ` -d ${hostCidr(view.clusterIP)}`;
  if (view.isInternalPolicyLocal && relays.isLocalDropped) return [localDrop(view, view.port, address)];
  const match = `${portMatch(view, view.port)}${address}`;
  return [incoming({ match, ...PORTALS }, port), own({ match, ...PORTALS }, facts, port)];
}

/** What is not led to a relay keeps its address, and is dropped at it. */
function localDrop(view: ServicePortView, port: number, address: string): PortalRule {
  const match = portMatch(view, port, `"${view.nameString} has no local endpoints"`);
  return { table: 'filter', chain: names.PORTALS_FIREWALL, rule: `${match}${address} -j DROP` };
}

function externalRules(view: ServicePortView, facts: ProxyFacts, relays: Relays, ip: string): PortalRule[] {
  const match = `${portMatch(view, view.port)} -d ${hostCidr(ip)}`;
  const dropped =
    view.isExternalPolicyLocal && relays.isLocalDropped ? [localDrop(view, view.port, ` -d ${hostCidr(ip)}`)] : [];
  const isBalanced = view.loadBalancerVIPs.includes(ip) && view.loadBalancerSourceRanges.length > 0;
  if (!isBalanced) return [...publicRules({ match, ...PORTALS }, view, facts, relays), ...dropped];
  const refused = portMatch(view, view.port, `"${view.nameString} traffic not accepted by loadBalancerSourceRanges"`);
  return [
    ...allowedSources(view, facts, ip).flatMap((source) =>
      publicRules({ match, ...PORTALS, source }, view, facts, relays),
    ),
    { table: 'filter', chain: names.PORTALS_FIREWALL, rule: `${refused} -d ${hostCidr(ip)} -j DROP` },
    ...dropped,
  ];
}

/** A balancer's address is often local to the node: then the node's own requests carry it as their source. */
function allowedSources({ loadBalancerSourceRanges: ranges }: ServicePortView, facts: ProxyFacts, ip: string) {
  const node = parseIp(facts.nodeIP)!;
  return ranges.some((range) => cidrContains(cidrOf(range), node)) ? [...ranges, hostCidr(ip)] : ranges;
}

function nodePortRules(view: ServicePortView, nodePort: number, facts: ProxyFacts, relays: Relays): PortalRule[] {
  const addresses = facts.nodePortIPs?.map((ip) => ` -d ${hostCidr(ip)}`) ?? [loopbackMatch(facts)];
  const accepted = view.isExternalPolicyLocal ? [relays.local, relays.cluster] : [relays.cluster];
  const isDropped = view.isExternalPolicyLocal && relays.isLocalDropped;
  return [
    ...addresses.flatMap((address) =>
      publicRules({ match: `${portMatch(view, nodePort)}${address}`, ...NODE_PORTS }, view, facts, relays),
    ),
    ...accepted.map((port) => ({
      table: 'filter' as const,
      chain: names.NODE_PORT_NON_LOCAL,
      rule: `${portMatch(view, port!)} -m state --state NEW -j ACCEPT`,
    })),
    ...(isDropped
      ? addresses.map((address) => localDrop(view, nodePort, `${address} -m addrtype --dst-type LOCAL`))
      : []),
  ];
}

/** Node ports on loopback only where they are wanted; IPv6 never has them there. */
function loopbackMatch({ family, localhostNodePorts }: ProxyFacts): string {
  if (family === 6) return ' ! -d ::1/128';
  return localhostNodePorts ? '' : ' ! -d 127.0.0.0/8';
}

/**
 * What comes from outside. With policy Local the node's own pods and processes still reach every endpoint, as if they had
 * gone out to the load balancer and come back.
 */
function publicRules(portal: Portal, view: ServicePortView, facts: ProxyFacts, relays: Relays): PortalRule[] {
  if (!view.isExternalPolicyLocal) return [incoming(portal, relays.cluster), own(portal, facts, relays.cluster)];
  const pods = podMatch(portal, facts);
  return [
    ...(pods === undefined ? [] : [incoming(portal, relays.cluster, pods)]),
    ...(relays.isLocalDropped ? [] : [incoming(portal, relays.local)]),
    own(portal, facts, relays.cluster),
  ];
}

/** Matches this node's pods as far as they are among the sources; undefined when none can be. */
function podMatch(portal: Portal, { localTraffic }: ProxyFacts): string | undefined {
  if (localTraffic === undefined) return undefined;
  if (localTraffic.by === 'interface') return `${sourceMatch(portal)} -i ${localTraffic.device}`;
  const { source = '' } = portal;
  const [pods, sources] = [cidrOf(localTraffic.cidr), parseCidr(source)];
  if (sources === undefined) return ` -s ${localTraffic.cidr}`;
  if (!cidrsOverlap(pods, sources)) return undefined;
  return ` -s ${sources.prefix > pods.prefix ? source : localTraffic.cidr}`;
}

function sourceMatch({ source }: Portal): string {
  return source === undefined ? '' : ` -s ${source}`;
}

/** What comes in by an interface. */
function incoming(portal: Portal, port: number | undefined, from = sourceMatch(portal)): PortalRule {
  return { table: 'nat', chain: portal.container, rule: `${portal.match}${from} -j REDIRECT --to-ports ${port}` };
}

/** What the node itself sends. */
function own(portal: Portal, { nodeIP }: ProxyFacts, port: number | undefined): PortalRule {
  const rule = `${portal.match}${sourceMatch(portal)} -j DNAT --to-destination ${hostPort(nodeIP, port)}`;
  return { table: 'nat', chain: portal.host, rule };
}
