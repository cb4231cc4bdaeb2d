/**
 * What one Service port needs in the kernel: virtual servers, entries of sets, addresses on kube-ipvs0, and rules that keep
 * the node itself out. Which endpoints serve which address is kube-proxy's choice (pkg/proxy/ipvs/proxier.go, syncProxyRules
 * and syncEndpoint). Pure; several Service ports may need the same item.
 */
import { cidrContains, cidrOf, formatCidr, nthSubnet } from '../../../net/cidr.ts';
import { bitsOf, parseIp } from '../../../net/ip.ts';
import type { EndpointView, ServicePortView } from '../../../objects/service-port-view.ts';
import type { ProxyFacts } from '../backend.ts';
import { IPVS_OUT_FILTER, type SetName } from './names.ts';
import { type VirtualServer, virtualServerId } from './virtual-server.ts';

export type Item =
  | { readonly kind: 'server'; readonly server: VirtualServer }
  | { readonly kind: 'entry'; readonly set: SetName; readonly entry: string }
  | { readonly kind: 'address'; readonly ip: string }
  /** Of the chain KUBE-IPVS-OUT-FILTER, with its `-A`. */
  | { readonly kind: 'rule'; readonly rule: string };

export interface ItemOptions {
  readonly facts: ProxyFacts;
  /** Every address the node has besides those on kube-ipvs0, without loopback. */
  readonly nodeAddresses: readonly string[];
}

/** The items of a view by id; an id says all of an item but a virtual server's settings and real servers. */
export function serviceItems(view: ServicePortView, options: ItemOptions): Map<string, Item> {
  const items = new Map<string, Item>();
  const add = (item: Item) => items.set(itemId(item), item);
  const addEntry = (set: SetName, entry: string) => add({ kind: 'entry', set, entry });
  const { facts, nodeAddresses } = options;
  const protocol = view.name.protocol.toLowerCase();
  const external = servingEndpoints(view, view.isExternalPolicyLocal);
  const serve = (ip: string, port: number, endpoints: readonly EndpointView[]) =>
    add({ kind: 'server', server: virtualServer(view, facts.ipvs.scheduler, ip, port, endpoints) });
  const bind = (ip: string) => {
    add({ kind: 'address', ip });
    addEntry('KUBE-IPVS-IPS', ip);
  };
  /** A node's own address stays where it is: on kube-ipvs0 too, it could not be told from a Service's. */
  const bindUnlessNode = (ip: string) => {
    if (!nodeAddresses.includes(ip)) bind(ip);
  };

  for (const { ip, port, isLocal } of view.endpoints.all)
    if (isLocal) addEntry('KUBE-LOOP-BACK', `${ip},${protocol}:${port},${ip}`);

  addEntry('KUBE-CLUSTER-IP', `${view.clusterIP},${protocol}:${view.port}`);
  serve(view.clusterIP, view.port, servingEndpoints(view, view.isInternalPolicyLocal));
  bind(view.clusterIP);

  for (const ip of view.externalIPs) {
    const set = view.isExternalPolicyLocal ? 'KUBE-EXTERNAL-IP-LOCAL' : 'KUBE-EXTERNAL-IP';
    addEntry(set, `${ip},${protocol}:${view.port}`);
    serve(ip, view.port, external);
    bindUnlessNode(ip);
  }

  for (const ip of view.loadBalancerVIPs) {
    const entry = `${ip},${protocol}:${view.port}`;
    addEntry('KUBE-LOAD-BALANCER', entry);
    if (view.isExternalPolicyLocal) addEntry('KUBE-LOAD-BALANCER-LOCAL', entry);
    for (const item of sourceRangeItems(view, ip, facts)) add(item);
    serve(ip, view.port, external);
    bindUnlessNode(ip);
  }

  if (view.nodePort !== undefined) {
    const addresses = facts.nodePortIPs?.filter((ip) => !isLoopback(ip)) ?? nodeAddresses;
    for (const { set, entry } of nodePortEntries(view, view.nodePort, addresses)) addEntry(set, entry);
    for (const ip of addresses) serve(ip, view.nodePort, external);
  }
  if (view.healthCheckNodePort !== undefined) addEntry('KUBE-HEALTH-CHECK-NODE-PORT', `${view.healthCheckNodePort}`);
  return items;
}

/** The id of an item: no two different items share one, except two virtual servers at the same address. */
export function itemId(item: Item): string {
  switch (item.kind) {
    case 'server':
      return item.server.id;
    case 'entry':
      return entryId(item.set, item.entry);
    case 'address':
      return `address ${item.ip}`;
    case 'rule':
      return item.rule;
  }
}

function entryId(set: SetName, entry: string): string {
  return `${set} ${entry}`;
}

/**
 * With policy Local those of this node; when it has none, all that policy Cluster allows: the node's own pods then still
 * have their way (kubernetes#97081). From outside such an answer comes from another address than was asked, and is lost.
 */
export function servingEndpoints({ endpoints }: ServicePortView, isLocalOnly: boolean): readonly EndpointView[] {
  return isLocalOnly && endpoints.local.length > 0 ? endpoints.local : endpoints.cluster;
}

function virtualServer(
  view: ServicePortView,
  scheduler: string,
  ip: string,
  port: number,
  endpoints: readonly EndpointView[],
): VirtualServer {
  return {
    id: virtualServerId(view.name.protocol, ip, port),
    scheduler,
    persistence: view.affinitySeconds,
    // Maglev hashing over the source's port too: by its address alone a client would always meet the same endpoint.
    flags: scheduler === 'mh' ? 'mh-port' : undefined,
    realServers: new Map(endpoints.map(({ address }) => [address, 1])),
  };
}

function sourceRangeItems(view: ServicePortView, ip: string, facts: ProxyFacts): Item[] {
  if (view.loadBalancerSourceRanges.length === 0) return [];
  const protocol = view.name.protocol.toLowerCase();
  const entry = `${ip},${protocol}:${view.port}`;
  const ranges = view.loadBalancerSourceRanges;
  const items: Item[] = [
    { kind: 'entry', set: 'KUBE-LOAD-BALANCER-FW', entry },
    ...ranges.flatMap(setRanges).map((range): Item => {
      return { kind: 'entry', set: 'KUBE-LOAD-BALANCER-SOURCE-CIDR', entry: `${entry},${range}` };
    }),
  ];
  const node = parseIp(facts.nodeIP);
  const isNodeAllowed = node !== undefined && ranges.some((range) => cidrContains(cidrOf(range), node));
  if (isNodeAllowed) {
    // A request of the node itself carries the balancer's address as its source, since that is local to the node.
    items.push({ kind: 'entry', set: 'KUBE-LOAD-BALANCER-SOURCE-IP', entry: `${entry},${ip}` });
  } else {
    const match = `-m ipvs --vaddr ${ip} --vproto ${protocol} --vport ${view.port}`;
    items.push({ kind: 'rule', rule: `-A ${IPVS_OUT_FILTER} -s ${ip} ${match} -j DROP` });
  }
  return items;
}

/** A range as an ipset has it: all addresses are two halves, since its networks have no prefix 0; one address stands alone. */
function setRanges(range: string): string[] {
  const cidr = cidrOf(range);
  if (cidr.prefix === 0) return [0, 1].map((half) => formatCidr(nthSubnet(cidr, 1, half)));
  const text = formatCidr(cidr);
  return [cidr.prefix === bitsOf(cidr.family) ? text.slice(0, text.indexOf('/')) : text];
}

function nodePortEntries(
  view: ServicePortView,
  nodePort: number,
  addresses: readonly string[],
): { readonly set: SetName; readonly entry: string }[] {
  if (addresses.length === 0) return [];
  const { protocol } = view.name;
  const sets: readonly SetName[] =
    protocol === 'SCTP'
      ? ['KUBE-NODE-PORT-SCTP-HASH', 'KUBE-NODE-PORT-LOCAL-SCTP-HASH']
      : [`KUBE-NODE-PORT-${protocol}`, `KUBE-NODE-PORT-LOCAL-${protocol}`];
  // A bitmap of ports cannot hold SCTP's: each address has its entry.
  const entries = protocol === 'SCTP' ? addresses.map((ip) => `${ip},sctp:${nodePort}`) : [`${nodePort}`];
  return sets.slice(0, view.isExternalPolicyLocal ? 2 : 1).flatMap((set) => entries.map((entry) => ({ set, entry })));
}

function isLoopback(ip: string): boolean {
  return ip === '::1' || ip.startsWith('127.');
}
