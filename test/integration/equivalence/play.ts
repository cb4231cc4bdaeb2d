/**
 * Plays situations in a running lab and tells what was observed. All situations enter an act together, so that the
 * rules are waited for once an act; within an act each asks for itself, one question after the other.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Kernel } from '../../../src/kernel/kernel.ts';
import type { LabHandle } from '../../../src/lab/lab-handle.ts';
import { familyOf, type IpFamily } from '../../../src/net/ip.ts';
import { lookUp } from './dns.ts';
import { type Answer, askTcp, serve, udpAsker } from './exchange.ts';
import { type Cell, expectationOf } from './expectation.ts';
import { findPlaces, type Places } from './places.ts';
import { openSctp, type Sctp } from './sctp.ts';
import {
  type Ask,
  asksOver,
  type Backend,
  BOTH_FAMILIES,
  familiesOf,
  type NodeName,
  type Observation,
  playName,
  type Situation,
} from './situation.ts';
import { createPods, Stage, VIP_NETWORKS } from './stage.ts';

const SERVERS = ['a1', 'a2', 'b1', 'u1', 'node-1', 'client'] as const;
const SCTP_SERVERS = ['a1', 'a2', 'b1'] as const;
const PORTS = [8080, 9090];
/** After the expected answers have all come, so many more must bring no other. */
const MORE = 12;
const MOST = 200;
const STICKS = 20;
/** Questions with pauses between them: in so many one that sticks no longer is seen to (with three endpoints all but 3⁻¹²). */
const PAUSES = 12;
/** Silence is long enough for a second SYN, which follows the first after a second. */
const WAIT = { answerMs: 20_000, silenceMs: 1500, lookUpMs: 5_000, nameMs: 60_000 };

/** Rules in a guest on a busy machine take their time. */
const PATIENCE_MS = 240_000;

/** Situations that are entered, or asked about, at a time. */
const AT_ONCE = 24;

/** What each question met, act by act, by the play's name. */
export type Played = Readonly<Record<string, readonly (readonly Observation[])[]>>;

/** A lab made ready. */
export interface Theatre {
  readonly lab: LabHandle;
  readonly kernel: Kernel;
  readonly places: Places;
  readonly sctp: Sctp;
  close(): void;
}

/** Readies a lab: pods, their servers, the client's routes. */
export async function openTheatre(lab: LabHandle, kernel: Kernel): Promise<Theatre> {
  const nodes = (await lab.snapshot()).nodes.map(({ name }) => name as NodeName);
  await createPods(lab.transport, nodes);
  const wait = ['wait', 'pod', '--for=condition=ContainersReady', '--all', '--timeout=180s'];
  const { exitCode, stderr } = await lab.kubectl(wait);
  if (exitCode !== 0) throw new Error(`the pods did not start: ${stderr}`);
  const places = await findPlaces(lab);
  const closers = await Promise.all(
    SERVERS.map((name) => serve(kernel, { netns: places.netns(name), ips: places.ips(name) }, name, PORTS)),
  );
  const sctp = openSctp(kernel);
  for (const name of SCTP_SERVERS) sctp.serve({ netns: places.netns(name), ip: places.ip(name, 4) }, name, PORTS[0]!);
  // A kernel refuses one peer once a second; here everybody asks at once.
  const values = { 'net.ipv4.icmp_ratelimit': 0, 'net.ipv6.icmp.ratelimit': 0 };
  for (const node of nodes) await kernel.run(places.netns(node), [{ tool: 'sysctl', values }]);
  await kernel.run(places.netns('client'), [
    {
      tool: 'ip',
      ops: BOTH_FAMILIES.flatMap((family) => routes(family).map((route) => routeBy(places, family, route))),
    },
  ]);
  return {
    lab,
    kernel,
    places,
    sctp,
    close: () => {
      for (const close of [...closers, sctp.close]) close();
    },
  };
}

const SERVICE_NETWORKS = { 4: '10.96.0.0/12', 6: 'fd00:10:96::/112' } as const;

/** From outside to Services: network, and the node by which. */
function routes(family: IpFamily): [network: string, via: NodeName][] {
  const vips = Object.entries(VIP_NETWORKS[family]) as [NodeName, string][];
  return [
    [SERVICE_NETWORKS[family], 'node-1'],
    ...vips.map(([node, network]): [string, NodeName] => [family === 4 ? `${network}.0/24` : `${network}::/64`, node]),
  ];
}

function routeBy(places: Places, family: IpFamily, [destination, via]: [string, NodeName]) {
  return { op: 'route-add', destination, via: places.ip(via, family), device: 'eth0' } as const;
}

/** Plays all of them once, with every kube-proxy in this mode. `isLast`: the lab's end removes what they have made. */
export async function play(
  theatre: Theatre,
  mode: Backend,
  situations: readonly Situation[],
  { isLast = false } = {},
): Promise<Played> {
  const { lab, places } = theatre;
  const stages = situations.map((situation, index) => new Stage(lab.transport, places, situation, index));
  const players = situations.flatMap((situation, index) =>
    familiesOf(situation).map((family) => new Player(theatre, { situation, family, mode, places }, stages[index]!)),
  );
  // What takes longest begins first.
  players.sort((a, b) => Number(b.hasPauses) - Number(a.hasPauses));
  const acts = Math.max(...situations.map((situation) => situation.acts.length));
  for (let act = 0; act < acts; act += 1) {
    await inTurns(stages, (stage) => stage.enter(act));
    await lab.programmed(PATIENCE_MS);
    await inTurns(players, (player) => player.act(act));
  }
  for (const player of players) player.close();
  if (!isLast) await inTurns(stages, (stage) => stage.leave());
  return Object.fromEntries(players.map(({ name, observed }) => [name, observed]));
}

/** Not all at once: in a guest of one processor the last would wait for too long. */
async function inTurns<T>(items: readonly T[], work: (item: T) => Promise<void>): Promise<void> {
  const waiting = [...items];
  const next = async (): Promise<void> => {
    for (let item = waiting.shift(); item !== undefined; item = waiting.shift()) await work(item);
  };
  await Promise.all(Array.from({ length: AT_ONCE }, next));
}

/** Asks what one situation asks over one family. */
class Player {
  readonly observed: Observation[][] = [];
  readonly #theatre: Theatre;
  readonly #cell: Cell;
  readonly #stage: Stage;
  readonly #kept = new Map<string, Awaited<ReturnType<typeof udpAsker>>>();

  constructor(theatre: Theatre, cell: Cell, stage: Stage) {
    this.#theatre = theatre;
    this.#cell = cell;
    this.#stage = stage;
  }

  get name(): string {
    return playName(this.#cell);
  }

  get hasPauses(): boolean {
    return this.#cell.situation.acts.some(({ asks }) => asks.some(({ pauseMs }) => pauseMs !== undefined));
  }

  async act(index: number): Promise<void> {
    const { situation, family } = this.#cell;
    const act = situation.acts[index];
    if (act === undefined) return;
    const observations: Observation[] = [];
    for (const ask of asksOver(act, family)) observations.push(await this.#observe(ask));
    this.observed.push(observations);
  }

  close(): void {
    for (const asker of this.#kept.values()) asker.close();
  }

  /** Asks until all that is expected has answered, and then some more. */
  async #observe(ask: Ask): Promise<Observation> {
    if ('dns' in ask.to) return await this.#resolve(ask);
    const { expect } = expectationOf(ask, this.#cell);
    if (ask.pauseMs !== undefined) return await this.#observeInPauses(ask, ask.pauseMs, expect);
    const patience = expect === 'silence' ? WAIT.silenceMs : WAIT.answerMs;
    const sticks = expect === 'sticks';
    const seen = new Set<string>();
    let complete = 0;
    for (let count = 0; count < MOST && complete < MORE; count += 1) {
      const answer = await this.#once(ask, patience);
      seen.add(this.#told(answer));
      if ('failed' in answer) {
        // A failure is told once; a second kind beside it shows in the text.
        if (count > 0 || answer.failed === 'silence') break;
        continue;
      }
      if (sticks ? count >= STICKS - MORE : expect === textOf(seen)) complete += 1;
    }
    return sticks && seen.size === 1 && !FAILED.has([...seen][0]!) ? 'sticks' : textOf(seen);
  }

  /** A burst, then one question after each pause, until another server answers. */
  async #observeInPauses(ask: Ask, pauseMs: number, expect: Observation): Promise<Observation> {
    const seen = new Set<string>();
    const once = async () => seen.add(this.#told(await this.#once(ask, WAIT.answerMs)));
    for (let count = 0; count < MORE; count += 1) await once();
    if (seen.size > 1) return textOf(seen);
    // What is expected to stick is not waited for at length.
    const pauses = expect === 'sticks' ? 2 : PAUSES;
    for (let count = 0; count < pauses && seen.size === 1; count += 1) {
      await sleep(pauseMs);
      await once();
    }
    if ([...seen].some((text) => FAILED.has(text))) return textOf(seen);
    return seen.size > 1 ? 'lets go' : 'sticks';
  }

  /** The DNS server learns of a change by itself: asked until it knows, or the patience is over. */
  async #resolve({ from, expect }: Ask): Promise<Observation> {
    const { kernel, places } = this.#theatre;
    const query = { name: `${this.#stage.name}.default.svc.cluster.local`, family: this.#cell.family };
    const deadline = performance.now() + WAIT.nameMs;
    for (;;) {
      const found = await lookUp(
        kernel,
        { netns: places.netns(from), server: places.dnsIp, withinMs: WAIT.lookUpMs },
        query,
      );
      const text = textOf(new Set(found.map((record) => places.nameOf(record))));
      if (text === expect || performance.now() > deadline) return text;
      await sleep(50);
    }
  }

  #told(answer: Answer): string {
    return 'failed' in answer ? answer.failed : `${answer.server}<${this.#theatre.places.nameOf(answer.peer)}`;
  }

  async #once(ask: Ask, withinMs: number): Promise<Answer> {
    const { kernel, places, sctp } = this.#theatre;
    const { host, port, protocol } = this.#address(ask);
    const netns = places.netns(ask.from);
    if (protocol === 'TCP') return askTcp(kernel, netns, host, port, withinMs);
    if (protocol === 'SCTP') return sctp.ask({ netns, ip: places.ip(ask.from, familyOf(host)) }, host, port, withinMs);
    const key = `${ask.from} ${host} ${port}`;
    const kept = this.#kept.get(key);
    const asker = kept ?? (await udpAsker(kernel, netns, host, port));
    if (ask.keep === true) this.#kept.set(key, asker);
    try {
      return await asker.ask(withinMs);
    } finally {
      if (ask.keep !== true) asker.close();
    }
  }

  #address({ to }: Ask): { host: string; port: number; protocol: string } {
    const { places } = this.#theatre;
    const { family } = this.#cell;
    if ('unallocated' in to) return { host: UNALLOCATED[family], port: 80, protocol: 'TCP' };
    if ('dns' in to) throw new Error('a name has no port');
    const { clusterIPs, ports } = this.#stage.service.spec!;
    const named = ports!.find(({ name }) => to.port === undefined || name === to.port);
    const { port, nodePort, protocol } = named ?? { port: Number(to.port), protocol: 'TCP' };
    if ('nodePort' in to) {
      const on = { loopback: LOOPBACK[family], bridge: places.bridgeIp(to.nodePort, family) };
      const host = to.on === undefined ? places.ip(to.nodePort, family) : on[to.on];
      return { host, port: nodePort!, protocol: protocol! };
    }
    const clusterIP = clusterIPs!.find((ip) => familyOf(ip) === family);
    return { host: 'vip' in to ? this.#stage.vip(family) : clusterIP!, port, protocol: protocol! };
  }
}

const LOOPBACK = { 4: '127.0.0.1', 6: '::1' } as const;
/** Of the part of the Service network that is kept for chosen addresses. */
const UNALLOCATED = { 4: '10.96.0.200', 6: 'fd00:10:96::c8' } as const;

const FAILED: ReadonlySet<string> = new Set(['refused', 'silence', 'closed']);

function textOf(seen: ReadonlySet<string>): Observation {
  return [...seen].sort().join(' ');
}
