/**
 * What a table does to the first packet of a connection: a small evaluator of nftables rules. Where a rule rolls dice,
 * all ways are followed and their chances multiplied. A word it does not know is an error, never a match.
 */
import { cidrContains, parseCidr } from '../../../../src/net/cidr.ts';
import { parseIp } from '../../../../src/net/ip.ts';
import type { NodeWorld, Outcome, Packet } from '../iptables/packet-flow.ts';
import type { ModelTable } from './table-model.ts';

interface Flight {
  readonly packet: Packet;
  readonly world: NodeWorld;
  readonly mark: number;
  /** Address and port after DNAT. */
  readonly dnat: { readonly ip: string; readonly port: number } | undefined;
  readonly isMasqueraded: boolean;
  readonly chance: number;
}

type Verdict = 'DROP' | 'REJECT' | 'RETURN' | 'NAT';

interface Step {
  readonly verdict: Verdict;
  readonly flight: Flight;
}

/** All ways the packet may go, each with its chance; the chances add up to 1. */
export function flow(table: ModelTable, packet: Packet, world: NodeWorld): Outcome[] {
  const start: Flight = { packet, world, mark: 0, dnat: undefined, isMasqueraded: false, chance: 1 };
  const isOwn = packet.device === undefined;
  return atHook(table, isOwn ? 'output' : 'prerouting', start).flatMap((step) => {
    if (isEnd(step)) return [outcome(step)];
    if (isOwn) return atHook(table, 'postrouting', step.flight).map(outcome);
    const isForUs = isLocal(addressOf(step.flight), world);
    return atHook(table, isForUs ? 'input' : 'forward', step.flight).flatMap((next) =>
      isEnd(next) || isForUs ? [outcome(next)] : atHook(table, 'postrouting', next.flight).map(outcome),
    );
  });
}

function isEnd({ verdict }: Step): boolean {
  return verdict === 'DROP' || verdict === 'REJECT';
}

function outcome({ verdict, flight }: Step): Outcome {
  const { isMasqueraded, chance } = flight;
  const ip = addressOf(flight);
  return {
    verdict: verdict === 'DROP' || verdict === 'REJECT' ? verdict : 'ACCEPT',
    destination: `${ip.includes(':') ? `[${ip}]` : ip}:${portOf(flight)}`,
    isMasqueraded,
    chance,
  };
}

/** The base chains of a hook, by priority. */
function atHook(table: ModelTable, hook: string, flight: Flight): Step[] {
  const priorityOf = (text: string) => Number(/priority (-?\d+)$/.exec(text)?.[1]);
  const chains = [...table.chains]
    .filter(([, chain]) => chain.hook?.includes(` hook ${hook} `))
    .sort(([, a], [, b]) => priorityOf(a.hook!) - priorityOf(b.hook!));
  let steps: Step[] = [{ verdict: 'RETURN', flight }];
  for (const [name] of chains)
    steps = steps.flatMap((step) => (isEnd(step) ? [step] : traverse(table, name, step.flight)));
  return steps;
}

function traverse(table: ModelTable, chain: string, flight: Flight): Step[] {
  const rules = table.chains.get(chain)?.rules;
  if (rules === undefined) throw new Error(`no chain ${chain}`);
  return walk(table, rules, flight);
}

function walk(table: ModelTable, rules: readonly string[], flight: Flight): Step[] {
  const [rule, ...rest] = rules;
  if (rule === undefined) return [{ verdict: 'RETURN', flight }];
  const words = rule.match(/"[^"]*"|\S+/g) ?? [];
  return statements(table, words, flight, (next) => walk(table, rest, next));
}

/** One statement of a rule and those behind it; `next` is the rule after it. */
function statements(
  table: ModelTable,
  words: readonly string[],
  flight: Flight,
  next: (flight: Flight) => Step[],
): Step[] {
  if (words.length === 0 || words[0] === 'comment') return next(flight);
  const goOn = (count: number, changed = flight) => statements(table, words.slice(count), changed, next);
  const text = words.join(' ');
  const is = (start: string) => text === start || text.startsWith(`${start} `);
  if (is('ct state new')) return goOn(3);
  if (is('ct status dnat')) return flight.dnat === undefined ? next(flight) : goOn(3);
  if (is('drop')) return [{ verdict: 'DROP', flight }];
  if (is('reject')) return [{ verdict: 'REJECT', flight }];
  if (is('masquerade fully-random')) return [{ verdict: 'NAT', flight: { ...flight, isMasqueraded: true } }];
  if (is('mark set mark or')) return goOn(5, { ...flight, mark: flight.mark | Number(words[4]) });
  if (is('mark set mark xor')) return goOn(5, { ...flight, mark: flight.mark ^ Number(words[4]) });
  if (is('mark and') && words[3] === '!=' && words[4] === '0')
    return (flight.mark & Number(words[2])) === 0 ? next(flight) : goOn(5);
  if (is('fib daddr type local')) return isLocal(addressOf(flight), flight.world) ? goOn(4) : next(flight);
  if (is('fib saddr type local')) return isLocal(flight.packet.source, flight.world) ? goOn(4) : next(flight);
  if (is('update')) return goOn(words.indexOf('}') + 1);
  if (is('jump') || is('goto')) return verdictSteps(table, `${words[0]} ${words[1]}`, flight, next);
  if (is('dnat to')) return [translated(flight, words[2]!)];
  if (is('dnat ip addr . port to numgen') || is('dnat ip6 addr . port to numgen'))
    return rolled(words.slice(6), flight).map(([target, taken]) => {
      const [ip = '', port = ''] = target.split(' . ');
      return { verdict: 'NAT', flight: { ...taken, dnat: { ip, port: Number(port) } } };
    });
  if (is('numgen'))
    return rolled(words, flight).flatMap(([verdict, taken]) => verdictSteps(table, verdict, taken, next));
  return match(table, words, flight, goOn, next);
}

function translated(flight: Flight, address: string): Step {
  const [, ip = '', port = ''] = /^\[?(.+?)\]?:(\d+)$/.exec(address) ?? [];
  return { verdict: 'NAT', flight: { ...flight, dnat: { ip, port: Number(port) } } };
}

/** `goto` leaves the chain for good: what comes back from there returns to whoever jumped here. */
function verdictSteps(table: ModelTable, verdict: string, flight: Flight, next: (flight: Flight) => Step[]): Step[] {
  const [word = '', target = ''] = verdict.split(' ');
  if (word === 'drop') return [{ verdict: 'DROP', flight }];
  if (word === 'goto') return traverse(table, target, flight);
  if (word !== 'jump') throw new Error(`unknown verdict ${verdict}`);
  return traverse(table, target, flight).flatMap((step) => (step.verdict === 'RETURN' ? next(step.flight) : [step]));
}

/** `numgen random mod N map|vmap { 0 : X , 1 : Y }`: each X with its chance. */
function rolled(words: readonly string[], flight: Flight): [string, Flight][] {
  const [, , count, body = ''] = /^numgen random (mod) (\d+) v?map \{ (.+) \}$/.exec(words.join(' ')) ?? [];
  const targets = body.split(' , ').map((part) => /^(\d+) : (.+)$/.exec(part)![2]!);
  if (targets.length !== Number(count)) throw new Error(`${count} faces and ${targets.length} targets`);
  return targets.map((target) => [target, { ...flight, chance: flight.chance / targets.length }]);
}

/** Fields joined by `.`, compared with a set, a map of verdicts, a list or one value. */
function match(
  table: ModelTable,
  words: readonly string[],
  flight: Flight,
  goOn: (count: number) => Step[],
  next: (flight: Flight) => Step[],
): Step[] {
  let count = 0;
  const values: string[] = [];
  do {
    if (words[count] === '.') count += 1;
    values.push(fieldOf(`${words[count]} ${words[count + 1]}`, flight));
    count += 2;
  } while (words[count] === '.');
  const key = values.join(' . ');
  const isNegated = words[count] === '!=';
  const operand = words[isNegated ? count + 1 : count] ?? '';
  const end = isNegated ? count + 2 : count + 1;
  if (operand === 'vmap') {
    const verdict = setOf(table, words[count + 1]!).get(key)?.verdict;
    return verdict === undefined ? next(flight) : verdictSteps(table, verdict, flight, next);
  }
  if (operand === '{') {
    const close = words.indexOf('}');
    const holds = words.slice(end, close).some((block) => isIn(key, block.replace(',', '')));
    return holds !== isNegated ? goOn(close + 1) : next(flight);
  }
  const holds = operand.startsWith('@affinity-')
    ? (flight.world.recent?.get(operand.slice(1))?.has(key) ?? false)
    : operand.startsWith('@')
      ? setOf(table, operand).has(key)
      : key === operand || isIn(key, operand);
  return holds !== isNegated ? goOn(end) : next(flight);
}

function setOf(table: ModelTable, reference: string) {
  const set = table.sets.get(reference.slice(1));
  if (set === undefined) throw new Error(`no set ${reference}`);
  return set.elements;
}

function fieldOf(field: string, flight: Flight): string {
  switch (field) {
    case 'ip daddr':
    case 'ip6 daddr':
      return addressOf(flight);
    case 'ip saddr':
    case 'ip6 saddr':
      return flight.packet.source;
    case 'meta l4proto':
      return flight.packet.protocol ?? 'tcp';
    case 'th dport':
      return String(portOf(flight));
    default:
      throw new Error(`unknown words: ${field}`);
  }
}

function addressOf({ dnat, packet }: Flight): string {
  return dnat?.ip ?? packet.destination;
}

function portOf({ dnat, packet }: Flight): number {
  return dnat?.port ?? packet.port;
}

function isLocal(address: string, world: NodeWorld): boolean {
  return world.addresses.includes(address) || address.startsWith('127.') || address === '::1';
}

function isIn(address: string, block: string): boolean {
  const ip = parseIp(address);
  const cidr = parseCidr(block.includes('/') ? block : `${block}/${block.includes(':') ? 128 : 32}`);
  return ip !== undefined && cidr !== undefined && cidrContains(cidr, ip);
}
