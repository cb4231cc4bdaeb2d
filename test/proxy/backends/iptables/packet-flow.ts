/**
 * What a set of rules does to the first packet of a connection: a small evaluator of iptables rules, after the manner
 * of kube-proxy's own packet-flow tests. Where rules roll dice, all ways are followed and their chances multiplied.
 * An option it does not know is an error, never a match.
 */
import { cidrContains, parseCidr } from '../../../../src/net/cidr.ts';
import { parseIp } from '../../../../src/net/ip.ts';
import type { RuleModel } from './rule-model.ts';

export interface Packet {
  readonly source: string;
  readonly destination: string;
  readonly port: number;
  readonly protocol?: 'tcp' | 'udp' | 'sctp';
  /** The device it came in by; absent: sent by the node itself. */
  readonly device?: string;
}

export interface NodeWorld {
  /** Addresses of the node; loopback is added. */
  readonly addresses: readonly string[];
  /** `recent` lists: list → sources seen. */
  readonly recent?: ReadonlyMap<string, ReadonlySet<string>>;
  /** ipsets: name → type and entries. */
  readonly sets?: ReadonlyMap<string, { readonly type: string; readonly entries: ReadonlySet<string> }>;
}

export interface Outcome {
  readonly verdict: 'ACCEPT' | 'DROP' | 'REJECT';
  /** Where it ends: behind DNAT, or where it was sent. */
  readonly destination: string;
  readonly isMasqueraded: boolean;
  readonly chance: number;
}

/** A packet on its way. */
export interface Flight {
  readonly packet: Packet;
  readonly world: NodeWorld;
  readonly mark: number;
  /** `ip:port` after DNAT. */
  readonly dnat: string | undefined;
  /** The virtual server that has sent it there: `TCP 10.96.0.1:80`. */
  readonly via?: string;
  readonly isMasqueraded: boolean;
  readonly chance: number;
}

type Verdict = 'ACCEPT' | 'DROP' | 'REJECT' | 'RETURN' | 'NAT';

export interface Step {
  readonly verdict: Verdict;
  readonly flight: Flight;
}

/** All ways the packet may go, each with its chance; the chances add up to 1. */
export function flow(model: RuleModel, packet: Packet, world: NodeWorld): Outcome[] {
  const start: Flight = { packet, world, mark: 0, dnat: undefined, isMasqueraded: false, chance: 1 };
  const first = packet.device === undefined ? 'OUTPUT' : 'PREROUTING';
  return traverse(model, 'nat', first, start).flatMap(({ flight }) => {
    const address = addressOf(flight);
    const isForUs = isLocal(address, world);
    const filter = packet.device === undefined ? 'OUTPUT' : isForUs ? 'INPUT' : 'FORWARD';
    return traverse(model, 'filter', filter, flight).flatMap((step) => {
      if (step.verdict === 'DROP' || step.verdict === 'REJECT') return [outcome(step.flight, step.verdict)];
      if (filter === 'INPUT') return [outcome(step.flight, 'ACCEPT')];
      return traverse(model, 'nat', 'POSTROUTING', step.flight).map((last) => outcome(last.flight, 'ACCEPT'));
    });
  });
}

/** Where the flight has come to. */
export function outcome(flight: Flight, verdict: Outcome['verdict']): Outcome {
  const { packet, dnat, isMasqueraded, chance } = flight;
  return { verdict, destination: dnat ?? `${packet.destination}:${packet.port}`, isMasqueraded, chance };
}

/** The ways of a flight through a chain. */
export function traverse(model: RuleModel, table: string, chain: string, flight: Flight): Step[] {
  return walk(model, table, model.rulesOf(table, chain), flight);
}

function walk(model: RuleModel, table: string, rules: readonly string[], flight: Flight): Step[] {
  const [rule, ...rest] = rules;
  if (rule === undefined) return [{ verdict: 'RETURN', flight }];
  const goOn = (next: Flight) => walk(model, table, rest, next);
  const { matches, chance, target } = parseRule(rule, flight);
  if (!matches || target === undefined) return goOn(flight);
  const taken = { ...flight, chance: flight.chance * chance };
  const passed = chance === 1 ? [] : goOn({ ...flight, chance: flight.chance * (1 - chance) });
  return [...apply(model, table, target, taken, goOn), ...passed];
}

interface Target {
  readonly name: string;
  readonly options: readonly string[];
}

function apply(
  model: RuleModel,
  table: string,
  { name, options }: Target,
  flight: Flight,
  goOn: (flight: Flight) => Step[],
): Step[] {
  switch (name) {
    case 'ACCEPT':
    case 'DROP':
    case 'REJECT':
    case 'RETURN':
      return [{ verdict: name, flight }];
    case 'MARK': {
      const value = Number(options[1]);
      if (options[0] === '--or-mark') return goOn({ ...flight, mark: flight.mark | value });
      if (options[0] === '--xor-mark') return goOn({ ...flight, mark: flight.mark ^ value });
      throw new Error(`unknown MARK option ${options[0]}`);
    }
    case 'MASQUERADE':
      return [{ verdict: 'NAT', flight: { ...flight, isMasqueraded: true } }];
    case 'REDIRECT': {
      // To the interface's own address: which of the node's that is makes no difference here.
      const dnat = `${flight.world.addresses[0]}:${options[1]}`;
      return [{ verdict: 'NAT', flight: { ...flight, dnat } }];
    }
    case 'DNAT':
      return [{ verdict: 'NAT', flight: { ...flight, dnat: options[1] } }];
    default:
      return traverse(model, table, name, flight).flatMap((step) =>
        step.verdict === 'RETURN' ? goOn(step.flight) : [step],
      );
  }
}

function addressOf(flight: Flight): string {
  if (flight.dnat === undefined) return flight.packet.destination;
  return flight.dnat.slice(0, flight.dnat.lastIndexOf(':')).replace(/^\[|\]$/g, '');
}

function portOf(flight: Flight): number {
  return flight.dnat === undefined ? flight.packet.port : Number(flight.dnat.slice(flight.dnat.lastIndexOf(':') + 1));
}

/** True for an address of the node. */
export function isLocal(address: string, world: NodeWorld): boolean {
  return world.addresses.includes(address) || address.startsWith('127.') || address === '::1';
}

function isIn(address: string, block: string): boolean {
  const cidr = parseCidr(block.includes('/') ? block : `${block}/${block.includes(':') ? 128 : 32}`);
  const ip = parseIp(address);
  if (cidr === undefined || ip === undefined) throw new Error(`not addresses: ${address}, ${block}`);
  return cidrContains(cidr, ip);
}

/** Whether a rule takes the packet, with which chance, and what it then does. */
function parseRule(rule: string, flight: Flight): { matches: boolean; chance: number; target: Target | undefined } {
  const words = rule.match(/"[^"]*"|\S+/g) ?? [];
  const { packet, world } = flight;
  const states = ['NEW', ...(flight.dnat === undefined ? [] : ['DNAT'])];
  let matches = true;
  let chance = 1;
  let target: Target | undefined;
  let isNegated = false;
  let list = '';
  const demand = (holds: boolean) => {
    matches &&= holds !== isNegated;
    isNegated = false;
  };
  for (let index = 0; index < words.length; index += 1) {
    const option = words[index]!;
    const value = () => {
      index += 1;
      return words[index] ?? '';
    };
    if (option === '!') isNegated = true;
    else if (option === '-m' || option === '--comment') value();
    else if (option === '-p') demand(value() === (packet.protocol ?? 'tcp'));
    else if (option === '-d') demand(isIn(addressOf(flight), value()));
    else if (option === '-s') demand(isIn(packet.source, value()));
    else if (option === '-i') demand(value() === packet.device);
    else if (option === '--dport') demand(Number(value()) === portOf(flight));
    else if (option === '--ctstate' || option === '--state')
      demand(
        value()
          .split(',')
          .some((state) => states.includes(state)),
      );
    else if (option === '--dst-type' && value() === 'LOCAL') demand(isLocal(addressOf(flight), world));
    else if (option === '--src-type' && value() === 'LOCAL') demand(isLocal(packet.source, world));
    else if (option === '--mark') {
      const [wanted, mask] = value().split('/').map(Number) as [number, number];
      demand((flight.mark & mask) === wanted);
    } else if (option === '--mode' && value() === 'random') chance = 1;
    else if (option === '--probability') chance = Number(value());
    else if (option === '--name') list = value();
    else if (option === '--rcheck') demand(world.recent?.get(list)?.has(packet.source) ?? false);
    else if (option === '--seconds' || option === '--nfacct-name') value();
    // A bridge, so what comes in by it has come in by one of its ports.
    else if (option === '--physdev-is-in') demand(packet.device === 'cni0');
    else if (option === '--match-set') demand(isInSet(value(), value(), flight));
    else if (option === '--vaddr') demand(via(flight).startsWith(`${value()}:`));
    else if (option === '--vproto') demand(flight.via?.split(' ')[0]?.toLowerCase() === value());
    else if (option === '--vport') demand(via(flight).endsWith(`:${value()}`));
    else if (option === '--reap' || option === '--set') continue;
    else if (option === '-j') {
      target = { name: value(), options: words.slice(index + 1) };
      break;
    } else throw new Error(`unknown option ${option} in: ${rule}`);
  }
  return { matches, chance, target };
}

/** `10.96.0.1:80` of the virtual server it came through. */
function via(flight: Flight): string {
  return flight.via?.split(' ')[1] ?? '';
}

/** Whether a packet's addresses and port, as `fields` name them (`dst,dst,src`), are in a set. */
function isInSet(name: string, fields: string, flight: Flight): boolean {
  const set = flight.world.sets?.get(name);
  if (set === undefined) throw new Error(`no set ${name}`);
  const { packet } = flight;
  const protocol = packet.protocol ?? 'tcp';
  const [first, , third] = fields.split(',').map((field) => (field === 'src' ? packet.source : addressOf(flight)));
  const port = `${portOf(flight)}`;
  return [...set.entries].some((entry) => {
    const [ip = '', service, other = ''] = entry.split(',');
    if (set.type === 'bitmap:port') return entry === port;
    if (set.type === 'hash:ip') return entry === first;
    if (ip !== first || service !== `${protocol}:${port}`) return false;
    return set.type === 'hash:ip,port' || isIn(third!, other);
  });
}
