/**
 * The iptables part of the ipvs backend: a fixed number of rules that match sets, whatever the number of Services. Texts and
 * order are kube-proxy's (pkg/proxy/ipvs/proxier.go, writeIptablesRules); a rule stands only while its set has an entry.
 */
import type { IpFamily } from '../../../net/ip.ts';
import type { ProxyFacts } from '../backend.ts';
import type { Chain, Jump } from '../iptables/fixed-chains.ts';
import { transaction } from '../iptables/restore-text.ts';
import { jumpKey } from '../iptables/state.ts';
import * as names from './names.ts';
import { kernelName, SETS, type SetName } from './names.ts';

export type ChainTable = 'nat' | 'filter';

/** kube-proxy's chains per table, in its order. */
export const CHAINS: Readonly<Record<ChainTable, readonly string[]>> = {
  nat: [names.SERVICES, names.POSTROUTING, names.NODE_PORT, names.LOAD_BALANCER, names.MARK_MASQ],
  filter: [
    names.FORWARD,
    names.NODE_PORT,
    names.PROXY_FIREWALL,
    names.SOURCE_RANGES_FIREWALL,
    names.IPVS_FILTER,
    names.IPVS_OUT_FILTER,
  ],
};

function jump(table: ChainTable, from: string, to: string, comment: string): Jump {
  return { table, from, rule: `-m comment --comment "${comment}" -j ${to}` };
}

/** Each is put before the rules that are there, so the last of a chain comes first. */
export const JUMPS: readonly Jump[] = [
  jump('nat', 'OUTPUT', names.SERVICES, 'kubernetes service portals'),
  jump('nat', 'PREROUTING', names.SERVICES, 'kubernetes service portals'),
  jump('nat', 'POSTROUTING', names.POSTROUTING, 'kubernetes postrouting rules'),
  jump('filter', 'FORWARD', names.FORWARD, 'kubernetes forwarding rules'),
  jump('filter', 'INPUT', names.NODE_PORT, 'kubernetes health check rules'),
  jump('filter', 'INPUT', names.PROXY_FIREWALL, 'kube-proxy firewall rules'),
  jump('filter', 'FORWARD', names.PROXY_FIREWALL, 'kube-proxy firewall rules'),
  jump('filter', 'INPUT', names.IPVS_FILTER, 'kubernetes ipvs access filter'),
  jump('filter', 'OUTPUT', names.IPVS_OUT_FILTER, 'kubernetes ipvs access filter'),
];

export interface ChainOptions {
  readonly facts: ProxyFacts;
  /** The sets that have entries. */
  readonly filled: ReadonlySet<SetName>;
  /** Rules of KUBE-IPVS-OUT-FILTER. */
  readonly outRules: readonly string[];
}

/** All chains whole, then the jumps that do not stand yet (`standing` by `jumpKey`). Who is held off is said before who is let on. */
export function chainText(options: ChainOptions, standing: ReadonlySet<string>): string {
  const chains = chainsOf(options);
  const missing = JUMPS.filter((each) => !standing.has(jumpKey(each)));
  return (['filter', 'nat'] as const)
    .map((table) =>
      transaction(table, {
        chains: chains[table],
        commands: missing.filter((each) => each.table === table).map(({ from, rule }) => `-I ${from} ${rule}`),
      }),
    )
    .join('');
}

/** The chains with their rules. */
export function chainsOf(options: ChainOptions): Readonly<Record<ChainTable, readonly Chain[]>> {
  const rules = { nat: natRules(options), filter: filterRules(options) };
  const inTable = (table: ChainTable) =>
    CHAINS[table].map((name): Chain => {
      const prefix = `-A ${name} `;
      const own = rules[table].filter((rule) => rule.startsWith(prefix));
      return { name, rules: own.map((rule) => rule.slice(prefix.length)) };
    });
  return { nat: inTable('nat'), filter: inTable('filter') };
}

function matchSet(set: SetName, fields: string, family: IpFamily): string {
  return `-m set --match-set ${kernelName(set, family)} ${fields}`;
}

function comment(set: SetName): string {
  return `-m comment --comment "${SETS[set].comment}"`;
}

function natRules({ facts, filled }: ChainOptions): string[] {
  const { family } = facts;
  const rules = [`-A ${names.SERVICES} -s ${family === 4 ? '127.0.0.0/8' : '::1/128'} -j RETURN`];
  const add = (chain: string, set: SetName, fields: string, to: string, protocol = '') => {
    if (filled.has(set)) rules.push(`-A ${chain}${protocol} ${comment(set)} ${matchSet(set, fields, family)} -j ${to}`);
  };
  add(names.POSTROUTING, 'KUBE-LOOP-BACK', 'dst,dst,src', 'MASQUERADE');
  add(names.SERVICES, 'KUBE-LOAD-BALANCER', 'dst,dst', names.LOAD_BALANCER);
  add(names.LOAD_BALANCER, 'KUBE-LOAD-BALANCER-LOCAL', 'dst,dst', 'RETURN');
  add(names.NODE_PORT, 'KUBE-NODE-PORT-LOCAL-TCP', 'dst', 'RETURN', ' -p tcp');
  add(names.NODE_PORT, 'KUBE-NODE-PORT-TCP', 'dst', names.MARK_MASQ, ' -p tcp');
  add(names.NODE_PORT, 'KUBE-NODE-PORT-LOCAL-UDP', 'dst', 'RETURN', ' -p udp');
  add(names.NODE_PORT, 'KUBE-NODE-PORT-UDP', 'dst', names.MARK_MASQ, ' -p udp');
  add(names.NODE_PORT, 'KUBE-NODE-PORT-LOCAL-SCTP-HASH', 'dst,dst', 'RETURN', ' -p sctp');
  add(names.NODE_PORT, 'KUBE-NODE-PORT-SCTP-HASH', 'dst,dst', names.MARK_MASQ, ' -p sctp');
  add(names.SERVICES, 'KUBE-CLUSTER-IP', ...clusterIpMasquerade(facts));
  add(names.SERVICES, 'KUBE-EXTERNAL-IP', 'dst,dst', names.MARK_MASQ);
  for (const set of ['KUBE-EXTERNAL-IP', 'KUBE-EXTERNAL-IP-LOCAL'] as const) {
    // Traffic from off the machine, and what is for an address that is the node's own, needs no further look.
    add(names.SERVICES, set, 'dst,dst -m physdev ! --physdev-is-in -m addrtype ! --src-type LOCAL', 'ACCEPT');
    add(names.SERVICES, set, 'dst,dst -m addrtype --dst-type LOCAL', 'ACCEPT');
  }
  const mark = markOf(facts);
  rules.push(
    `-A ${names.SERVICES} -m addrtype --dst-type LOCAL -j ${names.NODE_PORT}`,
    `-A ${names.LOAD_BALANCER} -j ${names.MARK_MASQ}`,
  );
  // Last of KUBE-SERVICES: what goes to a virtual server is taken before a rule of somebody else's refuses it.
  for (const set of ['KUBE-CLUSTER-IP', 'KUBE-LOAD-BALANCER'] as const)
    if (filled.has(set)) rules.push(`-A ${names.SERVICES} ${matchSet(set, 'dst,dst', family)} -j ACCEPT`);
  rules.push(
    `-A ${names.POSTROUTING} -m mark ! --mark ${mark}/${mark} -j RETURN`,
    // The mark goes first, or the packet would be masqueraded again when it passes a second time.
    `-A ${names.POSTROUTING} -j MARK --xor-mark ${mark}`,
    `-A ${names.POSTROUTING} -m comment --comment "kubernetes service traffic requiring SNAT" -j MASQUERADE --random-fully`,
    `-A ${names.MARK_MASQ} -j MARK --or-mark ${mark}`,
  );
  return rules;
}

/** Which traffic to cluster IPs is masqueraded: fields of the set with what else must match, and where it goes. */
function clusterIpMasquerade({ masqueradeAll, localTraffic }: ProxyFacts): [fields: string, to: string] {
  if (masqueradeAll) return ['dst,dst', names.MARK_MASQ];
  // Pods cannot be told apart: at least what has a Service's own address as its source, as the node's requests have.
  if (localTraffic === undefined) return ['src,dst', names.MARK_MASQ];
  const notLocal = localTraffic.by === 'cidr' ? `! -s ${localTraffic.cidr}` : `! -i ${localTraffic.device}`;
  return [`dst,dst ${notLocal}`, names.MARK_MASQ];
}

function filterRules({ facts, filled, outRules }: ChainOptions): string[] {
  const { family } = facts;
  const mark = markOf(facts);
  const rules: string[] = [];
  const add = (chain: string, set: SetName, fields: string, to: string) => {
    if (filled.has(set)) rules.push(`-A ${chain} ${comment(set)} ${matchSet(set, fields, family)} -j ${to}`);
  };
  add(names.PROXY_FIREWALL, 'KUBE-LOAD-BALANCER-FW', 'dst,dst', names.SOURCE_RANGES_FIREWALL);
  add(names.SOURCE_RANGES_FIREWALL, 'KUBE-LOAD-BALANCER-SOURCE-CIDR', 'dst,dst,src', 'RETURN');
  add(names.SOURCE_RANGES_FIREWALL, 'KUBE-LOAD-BALANCER-SOURCE-IP', 'dst,dst,src', 'RETURN');
  const health = 'KUBE-HEALTH-CHECK-NODE-PORT';
  const pass = (set: SetName, fields: string) => `-A ${names.IPVS_FILTER} ${matchSet(set, fields, family)} -j RETURN`;
  rules.push(
    `-A ${names.SOURCE_RANGES_FIREWALL} -j DROP`,
    ...outRules,
    `-A ${names.FORWARD} -m comment --comment "kubernetes forwarding rules" -m mark --mark ${mark}/${mark} -j ACCEPT`,
    `-A ${names.FORWARD} -m comment --comment "kubernetes forwarding conntrack rule" -m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT`,
    `-A ${names.NODE_PORT} ${comment(health)} ${matchSet(health, 'dst', family)} -j ACCEPT`,
    pass('KUBE-LOAD-BALANCER', 'dst,dst'),
    pass('KUBE-CLUSTER-IP', 'dst,dst'),
    pass('KUBE-EXTERNAL-IP', 'dst,dst'),
    pass('KUBE-EXTERNAL-IP-LOCAL', 'dst,dst'),
    pass(health, 'dst'),
    `-A ${names.IPVS_FILTER} -m conntrack --ctstate NEW ${matchSet('KUBE-IPVS-IPS', 'dst', family)} -j REJECT`,
  );
  return rules;
}

function markOf({ masqueradeBit }: ProxyFacts): string {
  return `0x${((1 << masqueradeBit) >>> 0).toString(16).padStart(8, '0')}`;
}
