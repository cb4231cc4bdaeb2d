/**
 * The planner of the ipvs backend. Whatever stood before, only differences are written, in an order in which a packet meets at each
 * moment what it met before or what it meets afterwards: how a Service is served, then virtual servers, then what lets packets in
 * and the addresses on kube-ipvs0; what goes in the reverse order. Chains are written only when one of them changes. A plan may be
 * interrupted at any point: the next one starts from what then stands.
 */
import type { Batch } from '../../../kernel/kernel.ts';
import { cidrContains, cidrOf } from '../../../net/cidr.ts';
import { bitsOf, parseIp } from '../../../net/ip.ts';
import type { ServicePortView } from '../../../objects/service-port-view.ts';
import type { Answers, Desired, Plan, ProxyFacts } from '../backend.ts';
import { type ClaimChange, changeClaims, NO_CLAIMS } from '../claims.ts';
import { chainDifferences } from '../iptables/chain-differences.ts';
import { restoreBatch } from '../iptables/restore-text.ts';
import { jumpKey } from '../iptables/state.ts';
import { type ChainOptions, chainsOf, chainText, JUMPS } from './chains.ts';
import { type Comparison, type Edit, editOf } from './edit.ts';
import { createLine, DUMMY_DEVICE, NODE_PORT, SERVICES, SET_NAMES, type SetName } from './names.ts';
import { answeredAddresses, answeredConnections, keysToCompare } from './questions.ts';
import { type Item, type ItemOptions, serviceItems } from './service-items.ts';
import { settingsBatches } from './settings.ts';
import { type IpvsState, leavingParts, type ObservedState, type RenderedState } from './state.ts';
import { partsOf } from './virtual-server.ts';

/** Batches that take the kernel from `previous` to `desired`; `answers` to `ipvsQuestions`. */
export function planIpvs(desired: Desired, previous: IpvsState, answers: Answers = new Map()): Plan<IpvsState> {
  const { views, facts } = desired;
  const former = formerOf(previous, facts);
  const nodeAddresses = answeredAddresses(answers, desired) ?? former.options.nodeAddresses;
  const options = { facts, nodeAddresses };
  const change = changeItems(former, { views, options });
  const connections = answeredConnections(answers);
  const edit = editOf(comparisonWith(previous, change, facts, (key) => connections.get(key)));
  const state = stateAfter(previous, edit, { views, options, claims: change.claims });
  const meanwhile = stateMeanwhile(previous, edit, state);
  return {
    batches: [
      ...(previous.kind === 'observed' ? preparation(previous, facts) : []),
      ...linesBatch('ipset', edit.entries.add),
      ...(takesOver(previous)
        ? [...serverBatches(edit, facts), ...chainBatches(previous, meanwhile)]
        : [...chainBatches(previous, meanwhile), ...serverBatches(edit, facts)]),
      ...linesBatch('ipset', edit.entries.remove),
      ...chainBatches(meanwhile, state),
    ],
    state,
    isFull: previous.kind === 'observed',
    isUnfinished: state.leaving.size > 0,
  };
}

/**
 * Whether chains of mode iptables, under the names they have in common, or of userspace serve until these here take their place or
 * come before them: then virtual servers come first, or a packet would meet neither.
 */
function takesOver(previous: IpvsState): boolean {
  if (previous.kind !== 'observed' || previous.chains.has(`nat ${NODE_PORT}`)) return false;
  return previous.chains.has(`nat ${SERVICES}`) || previous.hasPortals;
}

/** What would have to be written for the kernel to hold what was written; real servers that are leaving may stand or be gone. */
export function* differences(state: IpvsState, observed: ObservedState): Generator<string> {
  if (state.kind === 'observed') return;
  const { facts } = state.options;
  const change = changeItems(formerOf(observed, facts), state);
  const { entries, admissions, servers, bind, unbind } = editOf(
    comparisonWith(observed, change, facts, () => undefined),
  );
  const lines = [entries.add, entries.remove, admissions.add, admissions.remove, servers.write, servers.remove];
  for (const line of lines.flat()) yield `misses "${line}"`;
  if (!observed.hasDevice) yield `${DUMMY_DEVICE} is gone`;
  for (const ip of bind) yield `${DUMMY_DEVICE} lacks ${ip}`;
  for (const ip of unbind) yield `${DUMMY_DEVICE} has ${ip}`;
  for (const jump of JUMPS)
    if (!observed.jumps.has(jumpKey(jump))) yield `${jump.table} ${jump.from} lacks "${jump.rule}"`;
  const chains = chainsOf(chainOptions(state));
  const wanted = (['nat', 'filter'] as const).flatMap((table) =>
    chains[table].map(({ name, rules }) => [`${table} ${name}`, { groups: [rules] }] as const),
  );
  yield* chainDifferences(new Map(wanted), observed.chains);
}

/** Views as they were rendered, or shall be. */
type Rendering = Pick<RenderedState, 'views' | 'options'>;

/** What stood of views: nothing is known of what was found in the kernel. */
function formerOf(state: IpvsState, facts: ProxyFacts): Rendering & Pick<RenderedState, 'claims'> {
  if (state.kind === 'rendered') return state;
  return { views: new Map(), options: { facts, nodeAddresses: state.nodeAddresses }, claims: NO_CLAIMS };
}

function changeItems(previous: ReturnType<typeof formerOf>, next: Rendering): ClaimChange<Item> {
  const itemsOf = (options: ItemOptions) => (view: ServicePortView) => serviceItems(view, options);
  return changeClaims(
    { ...previous, itemsOf: itemsOf(previous.options) },
    { ...next, itemsOf: itemsOf(next.options) },
    keysToCompare(previous, next),
  );
}

/** What stood: written by the last plan, with the real servers that are leaving; or read from the kernel. */
function comparisonWith(
  previous: IpvsState,
  { touched, before, after }: ClaimChange<Item>,
  facts: ProxyFacts,
  connections: Comparison['connections'],
): Comparison {
  const { family } = facts;
  if (previous.kind === 'observed') {
    const standing = standingItems(previous, facts);
    const ids = new Set([...standing.keys(), ...touched]);
    return { family, ids, before: (id) => standing.get(id), after, connections };
  }
  const leaving = Map.groupBy(previous.leaving, (key) => leavingParts(key)[0]);
  const withLeaving = (id: string): Item | undefined => {
    const item = before(id);
    const gone = leaving.get(id);
    if (item?.kind !== 'server' || gone === undefined) return item;
    const realServers = new Map([
      ...item.server.realServers,
      ...gone.map((key): [string, number] => [leavingParts(key)[1], 0]),
    ]);
    return { kind: 'server', server: { ...item.server, realServers } };
  };
  return { family, ids: new Set([...touched, ...leaving.keys()]), before: withLeaving, after, connections };
}

/** Virtual servers at addresses that the configuration leaves to others (`excludeCIDRs`) are not seen. */
function standingItems({ servers, items }: ObservedState, { ipvs }: ProxyFacts): Map<string, Item> {
  const excluded = ipvs.excludeCIDRs.map(cidrOf);
  const isOurs = (id: string) => {
    const ip = parseIp(partsOf(id).ip);
    return ip !== undefined && !excluded.some((block) => cidrContains(block, ip));
  };
  return new Map([
    ...items,
    ...[...servers]
      .filter(([id]) => isOurs(id))
      .map(([id, server]): [string, Item] => [id, { kind: 'server', server }]),
  ]);
}

function stateAfter(previous: IpvsState, edit: Edit, next: Rendering & Pick<RenderedState, 'claims'>): RenderedState {
  const counts = new Map(previous.kind === 'rendered' ? previous.counts : countEntries(previous));
  for (const [set, growth] of edit.growth) counts.set(set, (counts.get(set) ?? 0) + growth);
  const rules = previous.kind === 'rendered' ? previous.outRules : new Set<string>();
  const outRules = new Set([...rules, ...edit.addRules]);
  for (const rule of edit.dropRules) outRules.delete(rule);
  return { kind: 'rendered', ...next, counts, outRules, leaving: new Set(edit.leaving) };
}

/** While an edit is carried out: what a set or a rule is there for may stand already, or still. */
function stateMeanwhile(previous: IpvsState, { addRules }: Edit, state: RenderedState): RenderedState {
  const former = previous.kind === 'rendered' ? previous.counts : countEntries(previous);
  const counts = new Map(state.counts);
  for (const [set, count] of former) counts.set(set, Math.max(count, counts.get(set) ?? 0));
  const rules = previous.kind === 'rendered' ? previous.outRules : [];
  return { ...state, counts, outRules: new Set([...rules, ...addRules]) };
}

/** Servers, and what leads packets to them: one `ipvsadm -R` where nothing has to come between. */
function serverBatches({ servers, admissions, bind, unbind }: Edit, facts: ProxyFacts): Batch[] {
  const between = [
    ...linesBatch('ipset', [...admissions.add, ...admissions.remove]),
    ...addressBatch('address-replace', bind, facts),
    ...addressBatch('address-delete', unbind, facts),
  ];
  if (between.length === 0) return linesBatch('ipvsadm', [...servers.write, ...servers.remove]);
  return [...linesBatch('ipvsadm', servers.write), ...between, ...linesBatch('ipvsadm', servers.remove)];
}

function linesBatch(tool: 'ipset' | 'ipvsadm', lines: readonly string[]): Batch[] {
  return lines.length === 0 ? [] : [{ tool, text: textOf(lines) }];
}

function countEntries({ items }: ObservedState): Map<SetName, number> {
  const counts = new Map<SetName, number>();
  for (const item of items.values()) if (item.kind === 'entry') counts.set(item.set, (counts.get(item.set) ?? 0) + 1);
  return counts;
}

/** Sysctls, the device, and the sets, which rules and entries then find. */
function preparation({ hasDevice, sets }: ObservedState, facts: ProxyFacts): Batch[] {
  const missing = SET_NAMES.filter((set) => !sets.has(set)).map((set) => createLine(set, facts.family));
  return [
    ...settingsBatches(facts),
    ...(hasDevice
      ? []
      : [{ tool: 'ip', ops: [{ op: 'link-add', name: DUMMY_DEVICE, link: { kind: 'dummy' } }] } as const]),
    // A node may have IPv6 switched off for devices that are new.
    ...(facts.family === 6
      ? [{ tool: 'sysctl', values: { [`net.ipv6.conf.${DUMMY_DEVICE}.disable_ipv6`]: 0 } } as const]
      : []),
    ...(missing.length === 0 ? [] : [{ tool: 'ipset', text: textOf(missing) } as const]),
  ];
}

function addressBatch(
  op: 'address-replace' | 'address-delete',
  addresses: readonly string[],
  { family }: ProxyFacts,
): Batch[] {
  if (addresses.length === 0) return [];
  const ops = addresses.map((ip) => ({ op, cidr: `${ip}/${bitsOf(family)}`, device: DUMMY_DEVICE }));
  return [{ tool: 'ip', ops }];
}

/** All chains, when one of them is not what it was. */
function chainBatches(previous: IpvsState, state: RenderedState): Batch[] {
  const standing = previous.kind === 'observed' ? previous.jumps : new Set(JUMPS.map(jumpKey));
  const text = chainText(chainOptions(state), standing);
  if (previous.kind === 'rendered' && chainText(chainOptions(previous), standing) === text) return [];
  return restoreBatch(state.options.facts.family, text);
}

function chainOptions({ options, counts, outRules }: RenderedState): ChainOptions {
  const filled = new Set([...counts].filter(([, count]) => count > 0).map(([set]) => set));
  return { facts: options.facts, filled, outRules: [...outRules].sort() };
}

function textOf(lines: readonly string[]): string {
  return lines.map((line) => `${line}\n`).join('');
}
