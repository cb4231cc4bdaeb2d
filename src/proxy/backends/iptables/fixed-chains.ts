/**
 * The part of kube-proxy's rules that depends on no Service: jumps from the built-in chains, marking and masquerading,
 * forwarding, the anti-martian rule, canaries.
 */
import type { ProxyFacts } from '../backend.ts';
import * as names from './chain-names.ts';

export type Table = 'mangle' | 'nat' | 'filter';

export interface Chain {
  readonly name: string;
  /** Rules without `-A NAME`. */
  readonly rules: readonly string[];
}

/** A jump from a built-in chain; the rule reads the same in `iptables-save`. */
export interface Jump {
  readonly table: Table;
  readonly from: string;
  readonly rule: string;
}

/** Chains that dispatch to Services, per table: they are always there. */
export const DISPATCH_CHAINS: Readonly<Record<'filter' | 'nat', readonly string[]>> = {
  filter: [names.SERVICES, names.EXTERNAL_SERVICES, names.NODE_PORTS, names.PROXY_FIREWALL],
  nat: [names.SERVICES, names.NODE_PORTS],
};

/** A lost canary tells that someone flushed the table. */
export const CANARY_TABLES: readonly Table[] = ['mangle', 'nat', 'filter'];

/** Named counters of the kernel (nfnetlink_acct), as kube-proxy calls them. */
export const PACKET_COUNTERS = {
  invalid: 'ct_state_invalid_dropped_pkts',
  localhost: 'localhost_nps_accepted_pkts',
} as const;

/** The match that counts. */
export function counted(counter: keyof typeof PACKET_COUNTERS): string {
  return `-m nfacct --nfacct-name ${PACKET_COUNTERS[counter]}`;
}

function jump(table: Table, from: string, to: string, comment: string, isForNew = false): Jump {
  const match = isForNew ? '-m conntrack --ctstate NEW ' : '';
  return { table, from, rule: `${match}-m comment --comment "${comment}" -j ${to}` };
}

const EXTERNAL = 'kubernetes externally-visible service portals';
const PORTALS = 'kubernetes service portals';
const BALANCER_FIREWALL = 'kubernetes load balancer firewall';

/** kube-proxy's jumps, in its order. Each is put before the rules that are there, so the last of a chain comes first. */
export const JUMPS: readonly Jump[] = [
  jump('filter', 'INPUT', names.EXTERNAL_SERVICES, EXTERNAL, true),
  jump('filter', 'FORWARD', names.EXTERNAL_SERVICES, EXTERNAL, true),
  jump('filter', 'INPUT', names.NODE_PORTS, 'kubernetes health check service ports'),
  jump('filter', 'FORWARD', names.SERVICES, PORTALS, true),
  jump('filter', 'OUTPUT', names.SERVICES, PORTALS, true),
  jump('filter', 'FORWARD', names.FORWARD, 'kubernetes forwarding rules'),
  jump('filter', 'INPUT', names.PROXY_FIREWALL, BALANCER_FIREWALL, true),
  jump('filter', 'OUTPUT', names.PROXY_FIREWALL, BALANCER_FIREWALL, true),
  jump('filter', 'FORWARD', names.PROXY_FIREWALL, BALANCER_FIREWALL, true),
  jump('nat', 'OUTPUT', names.SERVICES, PORTALS),
  jump('nat', 'PREROUTING', names.SERVICES, PORTALS),
  jump('nat', 'POSTROUTING', names.POSTROUTING, 'kubernetes postrouting rules'),
];

/** The kubelet's jumps: made by whichever comes first, never removed by kube-proxy. */
export const KUBELET_JUMPS: readonly Jump[] = [
  { table: 'filter', from: 'INPUT', rule: `-j ${names.FIREWALL}` },
  { table: 'filter', from: 'OUTPUT', rule: `-j ${names.FIREWALL}` },
];

/** The chains with fixed rules, per table. */
export function fixedChains(facts: ProxyFacts): Readonly<Record<'filter' | 'nat', readonly Chain[]>> {
  const mark = markOf(facts);
  const forward = [
    `-m comment --comment "kubernetes forwarding rules" -m mark --mark ${mark}/${mark} -j ACCEPT`,
    '-m comment --comment "kubernetes forwarding conntrack rule" -m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT',
  ];
  if (!facts.conntrackTcpBeLiberal)
    forward.unshift(`-m conntrack --ctstate INVALID ${facts.hasPacketCounters ? `${counted('invalid')} ` : ''}-j DROP`);
  return {
    filter: [{ name: names.FORWARD, rules: forward }, ...(hasLocalhostNodePorts(facts) ? [firewallChain()] : [])],
    nat: [
      {
        name: names.POSTROUTING,
        rules: [
          `-m mark ! --mark ${mark}/${mark} -j RETURN`,
          // The mark goes first, or the packet would be masqueraded again when it passes a second time.
          `-j MARK --xor-mark ${mark}`,
          '-m comment --comment "kubernetes service traffic requiring SNAT" -j MASQUERADE --random-fully',
        ],
      },
      { name: names.MARK_MASQ, rules: [`-j MARK --or-mark ${mark}`] },
    ],
  };
}

/** The last rules of nat KUBE-SERVICES: everything else to a local address may be a node port. */
export function nodePortRules(facts: ProxyFacts): readonly string[] {
  const comment = '-m comment --comment "kubernetes service nodeports; NOTE: this must be the last rule in this chain"';
  if (facts.nodePortIPs !== undefined) {
    return facts.nodePortIPs
      .filter((ip) => !isLoopback(ip) || hasLocalhostNodePorts(facts))
      .map((ip) => `${comment} -d ${ip} -j ${names.NODE_PORTS}`);
  }
  let notLocalhost = '';
  if (facts.family === 6) notLocalhost = ' ! -d ::1/128';
  else if (!facts.localhostNodePorts) notLocalhost = ' ! -d 127.0.0.0/8';
  return [`${comment} -m addrtype --dst-type LOCAL${notLocalhost} -j ${names.NODE_PORTS}`];
}

/** Node ports on 127.0.0.1 exist in IPv4 only: they need `route_localnet`, which has no IPv6 counterpart. */
export function hasLocalhostNodePorts(facts: ProxyFacts): boolean {
  return facts.family === 4 && facts.localhostNodePorts;
}

/** `route_localnet` lets packets from outside reach 127.0.0.0/8: this rule drops them (CVE-2020-8558). */
export function firewallChain(): Chain {
  return {
    name: names.FIREWALL,
    rules: [
      '-m comment --comment "block incoming localnet connections" -d 127.0.0.0/8 ! -s 127.0.0.0/8 ' +
        '-m conntrack ! --ctstate RELATED,ESTABLISHED,DNAT -j DROP',
    ],
  };
}

function isLoopback(ip: string): boolean {
  return ip === '::1' || ip.startsWith('127.');
}

function markOf(facts: ProxyFacts): string {
  return `0x${((1 << facts.masqueradeBit) >>> 0).toString(16)}`;
}
