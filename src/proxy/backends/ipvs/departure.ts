/**
 * How mode ipvs gives way to another without cutting a connection. IPVS forgets its connections with their virtual servers, and a
 * connection of the node itself has the Service's address as its source, which goes with kube-ipvs0. So that address first stops being
 * chosen; and once the other rules stand, a virtual server and its address stay, closed to new connections, until those under way have
 * ended. Pure.
 */
import type { Batch } from '../../../kernel/kernel.ts';
import type { IpOp } from '../../../kernel/ops.ts';
import { cidrOf } from '../../../net/cidr.ts';
import { bitsOf, formatIp, type IpFamily, parseIp } from '../../../net/ip.ts';
import type { Departure, ProxyFacts } from '../backend.ts';
import { udpFlowListing, unansweredFlows } from '../unanswered-flows.ts';
import { planRemoval, planRetirement } from './cleanup.ts';
import { DUMMY_DEVICE } from './names.ts';
import type { IpvsState, ObservedState } from './state.ts';
import { deletionLine, partsOf, realServerLine, virtualServerId } from './virtual-server.ts';

export const ipvsDeparture: Departure<IpvsState> = {
  prepare: (state, facts) => addressBatch(state, facts, routeFromNode),
  stay: (state, facts) => addressBatch(state, facts, routeFromItself),
  retire: (state, family, kept) => (state.kind === 'observed' ? planRetirement(state, family, kept) : []),
  underWay: {
    commands: (family) => [['ipvsadm', '-Lnc'], udpFlowListing(family)],
    read: ([connections = '', flows = ''], { facts, isLate }) => {
      const underWay = connectionsUnderWay(connections, flows, facts.family);
      if (isLate) for (const id of apiServerIds(facts)) underWay.delete(id);
      return underWay;
    },
  },
  settle: ({ standing, underWay, facts }) =>
    standing.kind === 'observed' ? planSettling(standing, underWay, facts) : [],
};

/** Takes away what no connection under way needs, the device with the last of them; the rest takes no new one. */
function planSettling(state: ObservedState, underWay: ReadonlyMap<string, number>, facts: ProxyFacts): Batch[] {
  // With the device go the routes that lead to it.
  if (underWay.size === 0 && !state.sharesDevice)
    return [...planRemoval(state, facts.family), ...addressBatch(state, facts, (cidr, at) => routeGone(cidr, at))];
  const lines = [...state.servers].flatMap(([id, { realServers }]) =>
    underWay.has(id)
      ? [...realServers].flatMap(([real, weight]) => (weight === 0 ? [] : [realServerLine('-e', id, real, 0)]))
      : [deletionLine(id)],
  );
  const needed = new Set([...underWay.keys()].map((id) => partsOf(id).ip));
  return [
    ...(lines.length === 0 ? [] : [{ tool: 'ipvsadm', text: lines.map((line) => `${line}\n`).join('') } as const]),
    ...addressBatch(state, facts, (cidr, at, ip) => (needed.has(ip) ? [] : addressGone(cidr, at))),
  ];
}

/** Operations for every address on kube-ipvs0. */
function addressBatch(
  state: IpvsState,
  facts: ProxyFacts,
  opsOf: (cidr: string, facts: ProxyFacts, ip: string) => readonly IpOp[],
): Batch[] {
  if (state.kind !== 'observed') return [];
  const addresses = [...state.items.values()].flatMap((item) => (item.kind === 'address' ? [item.ip] : []));
  const ops = addresses.flatMap((ip) => opsOf(`${ip}/${bitsOf(facts.family)}`, facts, ip));
  return ops.length === 0 ? [] : [{ tool: 'ip', ops }];
}

/**
 * The address is the node's own still, but whoever connects to it does so from the node's primary address. In IPv6 the route of a new
 * address cannot be replaced (its metric is 0, which nobody else can give), and none can be added by a device that is down.
 */
function routeFromNode(destination: string, { family, nodeIP }: ProxyFacts): IpOp[] {
  const route = { destination, isLocal: true } as const;
  if (family === 4) return [{ op: 'route-replace', ...route, device: DUMMY_DEVICE, source: nodeIP }];
  return [
    { op: 'route-replace', ...route, device: 'lo', source: nodeIP },
    { op: 'route-delete', ...route, device: DUMMY_DEVICE },
  ];
}

/** What has been added beside the device goes by hand. */
function routeGone(destination: string, { family }: ProxyFacts): IpOp[] {
  return family === 4 ? [] : [{ op: 'route-delete', destination, device: 'lo', isLocal: true }];
}

/** The kernel takes only a route of its own making with an address. */
function addressGone(cidr: string, facts: ProxyFacts): IpOp[] {
  const destination = { destination: cidr, isLocal: true } as const;
  return [
    ...(facts.family === 4 ? [{ op: 'route-delete' as const, ...destination, device: DUMMY_DEVICE }] : []),
    { op: 'address-delete', cidr, device: DUMMY_DEVICE },
    ...routeGone(cidr, facts),
  ];
}

/** As the kernel has it with a new address, however far `routeFromNode` has come. */
function routeFromItself(cidr: string, { family, nodeIP }: ProxyFacts): IpOp[] {
  const route = { destination: cidr, device: family === 4 ? DUMMY_DEVICE : 'lo', isLocal: true } as const;
  return [
    { op: 'route-replace', ...route, source: nodeIP },
    { op: 'route-delete', ...route },
    { op: 'address-delete', cidr, device: DUMMY_DEVICE },
    { op: 'address-replace', cidr, device: DUMMY_DEVICE },
  ];
}

/**
 * The API server's: at the first address of a Service network. Its clients watch for as long as they live, and take a watch up again that
 * was cut (as API servers do, from time to time): without this something would stay for ever behind most changes.
 */
function apiServerIds({ serviceCIDRs, family }: ProxyFacts): string[] {
  return serviceCIDRs.map((cidr) => virtualServerId('TCP', formatIp({ family, value: cidrOf(cidr).base + 1n }), 443));
}

/** Both sides have said that they are done, or one has broken it off. */
const ENDED: ReadonlySet<string> = new Set(['TIME_WAIT', 'CLOSE', 'CLOSED', 'NONE']);

/**
 * Reads `ipvsadm -Lnc` (`TCP 00:59 ESTABLISHED client:port virtual:port destination:port`): connections of the family that have not
 * ended, by virtual server. A flow of UDP has no end, its next datagram goes by the rules that stand then; but what was asked is to be
 * answered. Port 0 is a client's template, by which it sticks to a real server.
 */
function connectionsUnderWay(listing: string, udpFlows: string, family: IpFamily): Map<string, number> {
  const asked = new Set(unansweredFlows(udpFlows).map(({ source, destination }) => `${source} ${destination}`));
  const underWay = new Map<string, number>();
  for (const line of listing.split('\n')) {
    const [, protocol, state = '', client = '', virtual = ''] = LISTED.exec(line) ?? [];
    if (protocol === undefined || client.endsWith(':0')) continue;
    if (protocol === 'UDP' ? !asked.has(`${client} ${virtual}`) : ENDED.has(state)) continue;
    const id = `${protocol} ${virtual}`;
    if (parseIp(partsOf(id).ip)?.family === family) underWay.set(id, (underWay.get(id) ?? 0) + 1);
  }
  return underWay;
}

const LISTED = /^(TCP|UDP|SCTP)\s+\S+\s+(\S+)\s+(\S+)\s+(\S+)\s/;
