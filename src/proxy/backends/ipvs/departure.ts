/**
 * How mode ipvs gives way to another without cutting a connection. IPVS forgets its connections with their virtual servers, and a
 * connection of the node itself has the Service's address as its source, which goes with kube-ipvs0. So that address first stops being
 * chosen; and what is under way when the other rules stand is waited for. Pure.
 */
import type { Batch } from '../../../kernel/kernel.ts';
import type { IpOp } from '../../../kernel/ops.ts';
import { bitsOf, type IpFamily, parseIp } from '../../../net/ip.ts';
import type { Departure, ProxyFacts } from '../backend.ts';
import { planRetirement } from './cleanup.ts';
import { DUMMY_DEVICE } from './names.ts';
import type { IpvsState } from './state.ts';

export const ipvsDeparture: Departure<IpvsState> = {
  prepare: (state, facts) => batchOf(state, facts, routeFromNode),
  stay: (state, facts) => batchOf(state, facts, (cidr, at) => [...routeGone(cidr, at), ...routeFromItself(cidr)]),
  retire: (state, family, kept) => (state.kind === 'observed' ? planRetirement(state, family, kept) : []),
  underWay: { argv: ['ipvsadm', '-Lnc'], count: countUnderWay },
  finish: (state, facts) => batchOf(state, facts, routeGone),
};

/** Operations for every address on kube-ipvs0. */
function batchOf(
  state: IpvsState,
  facts: ProxyFacts,
  opsOf: (cidr: string, facts: ProxyFacts) => readonly IpOp[],
): Batch[] {
  if (state.kind !== 'observed') return [];
  const addresses = [...state.items.values()].flatMap((item) => (item.kind === 'address' ? [item.ip] : []));
  const ops = addresses.flatMap((ip) => opsOf(`${ip}/${bitsOf(facts.family)}`, facts));
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

/** As the kernel has it with a new address. */
function routeFromItself(cidr: string): IpOp[] {
  return [
    { op: 'address-delete', cidr, device: DUMMY_DEVICE },
    { op: 'address-replace', cidr, device: DUMMY_DEVICE },
  ];
}

/** Both sides have said that they are done, or one has broken it off. */
const ENDED: ReadonlySet<string> = new Set(['TIME_WAIT', 'CLOSE', 'CLOSED', 'NONE']);

/**
 * Reads `ipvsadm -Lnc` (`TCP 00:59 ESTABLISHED client:port virtual:port destination:port`): connections of the family that have not ended.
 * A flow of UDP has no end: its next datagram goes by the rules that stand then.
 */
function countUnderWay(listing: string, family: IpFamily): number {
  return listing.split('\n').filter((line) => {
    const [, protocol, state = '', client = ''] = /^(TCP|SCTP)\s+\S+\s+(\S+)\s+(\S+)\s/.exec(line) ?? [];
    const ip = client.slice(0, client.lastIndexOf(':')).replace(/^\[|\]$/g, '');
    return protocol !== undefined && !ENDED.has(state) && parseIp(ip)?.family === family;
  }).length;
}
