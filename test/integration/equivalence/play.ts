/**
 * Plays situations in a running lab and tells what was observed. All situations enter an act together, so that the
 * rules are waited for once an act; within an act each asks for itself, one question after the other.
 */
import type { Kernel } from '../../../src/kernel/kernel.ts';
import type { LabHandle } from '../../../src/lab/lab-handle.ts';
import { type Answer, askTcp, serve, udpAsker } from './exchange.ts';
import { expectationOf } from './expectation.ts';
import { findPlaces, type Places } from './places.ts';
import type { Ask, Backend, NodeName, Observation, Situation } from './situation.ts';
import { createPods, Stage, VIP_NETWORKS } from './stage.ts';

const SERVERS = ['a1', 'a2', 'b1', 'u1', 'client'] as const;
const PORTS = [8080, 9090];
/** After the expected answers have all come, so many more must bring no other. */
const MORE = 12;
const MOST = 200;
const STICKS = 20;
/** Silence is long enough for a second SYN, which follows the first after a second. */
const WAIT = { answerMs: 20_000, silenceMs: 1500 };

/** Situations that are asked about at a time. */
const AT_ONCE = 24;

/** Title of the situation → act by act, what each question met. */
export type Played = Readonly<Record<string, readonly (readonly Observation[])[]>>;

/** Readies a lab: pods, their servers, the client's routes. */
export async function openStage(lab: LabHandle, kernel: Kernel): Promise<{ places: Places; close: () => void }> {
  const nodes = (await lab.snapshot()).nodes.map(({ name }) => name as NodeName);
  await createPods(lab.transport, nodes);
  const wait = ['wait', 'pod', '--for=condition=ContainersReady', '--all', '--timeout=60s'];
  const { exitCode, stderr } = await lab.kubectl(wait);
  if (exitCode !== 0) throw new Error(`the pods did not start: ${stderr}`);
  const places = await findPlaces(lab);
  const closers = await Promise.all(SERVERS.map((name) => serve(kernel, places.netns(name), name, PORTS)));
  const routes = [`10.96.0.0/12 via ${places.ip('node-1')}`].concat(
    Object.entries(VIP_NETWORKS).map(([node, network]) => `${network}.0/24 via ${places.ip(node as NodeName)}`),
  );
  // A kernel refuses one peer once a second; here everybody asks at once.
  for (const node of nodes)
    await kernel.run(places.netns(node), [{ tool: 'sysctl', values: { 'net.ipv4.icmp_ratelimit': 0 } }]);
  for (const route of routes)
    await kernel.run(places.netns('client'), [
      { tool: 'command', argv: ['ip', 'route', 'add', ...route.split(' ')] as [string, ...string[]] },
    ]);
  return {
    places,
    close: () => {
      for (const close of closers) close();
    },
  };
}

/** Where a play is given, and in which mode every kube-proxy is. */
export interface Theatre {
  readonly lab: LabHandle;
  readonly kernel: Kernel;
  readonly places: Places;
  readonly mode: Backend;
}

/** Plays all of them once. */
export async function play(theatre: Theatre, situations: readonly Situation[]): Promise<Played> {
  const { lab, places } = theatre;
  const stages = situations.map((situation, index) => new Stage(lab.transport, places, situation, index));
  const players = situations.map((situation, index) => new Player(theatre, situation, stages[index]!));
  const observed = situations.map((): Observation[][] => []);
  const acts = Math.max(...situations.map((situation) => situation.acts.length));
  for (let act = 0; act < acts; act += 1) {
    const playing = [...situations.keys()].filter((index) => act < situations[index]!.acts.length);
    await Promise.all(playing.map((index) => stages[index]!.enter(act)));
    await lab.programmed(30_000);
    // Not all at once: in a guest of one processor the last would wait for too long.
    const waiting = [...playing];
    const next = async (): Promise<void> => {
      for (let index = waiting.shift(); index !== undefined; index = waiting.shift())
        observed[index]!.push(await players[index]!.act(act));
    };
    await Promise.all(Array.from({ length: AT_ONCE }, next));
  }
  for (const player of players) player.close();
  await Promise.all(stages.map((stage) => stage.leave()));
  return Object.fromEntries(situations.map(({ title }, index) => [title, observed[index]!]));
}

class Player {
  readonly #kernel: Kernel;
  readonly #mode: Backend;
  readonly #places: Places;
  readonly #situation: Situation;
  readonly #stage: Stage;
  readonly #kept = new Map<string, Awaited<ReturnType<typeof udpAsker>>>();

  constructor({ kernel, mode, places }: Theatre, situation: Situation, stage: Stage) {
    this.#kernel = kernel;
    this.#mode = mode;
    this.#places = places;
    this.#situation = situation;
    this.#stage = stage;
  }

  async act(index: number): Promise<Observation[]> {
    const observations: Observation[] = [];
    for (const ask of this.#situation.acts[index]!.asks) observations.push(await this.#observe(ask));
    return observations;
  }

  close(): void {
    for (const asker of this.#kept.values()) asker.close();
  }

  /** Asks until all that is expected has answered, and then some more. */
  async #observe(ask: Ask): Promise<Observation> {
    const { expect } = expectationOf(ask, this.#mode, this.#places, this.#situation);
    const patience = expect === 'silence' ? WAIT.silenceMs : WAIT.answerMs;
    const sticks = expect === 'sticks';
    const seen = new Set<string>();
    let complete = 0;
    for (let count = 0; count < MOST && complete < MORE; count += 1) {
      const answer = await this.#once(ask, patience);
      if ('failed' in answer) {
        seen.add(answer.failed);
        // A failure is told once; a second kind beside it shows in the text.
        if (count > 0 || answer.failed === 'silence') break;
        continue;
      }
      seen.add(`${answer.server}<${this.#places.nameOf(answer.peer)}`);
      if (sticks ? count >= STICKS - MORE : expect === textOf(seen)) complete += 1;
    }
    return sticks && seen.size === 1 && !FAILED.has([...seen][0]!) ? 'sticks' : textOf(seen);
  }

  async #once(ask: Ask, withinMs: number): Promise<Answer> {
    const { host, port, protocol } = this.#address(ask);
    const netns = this.#places.netns(ask.from);
    if (protocol === 'TCP') return askTcp(this.#kernel, netns, host, port, withinMs);
    const key = `${ask.from} ${host} ${port}`;
    const kept = this.#kept.get(key);
    const asker = kept ?? (await udpAsker(this.#kernel, netns, host, port));
    if (ask.keep === true) this.#kept.set(key, asker);
    try {
      return await asker.ask(withinMs);
    } finally {
      if (ask.keep !== true) asker.close();
    }
  }

  #address({ to }: Ask): { host: string; port: number; protocol: string } {
    const { clusterIP, ports } = this.#stage.service.spec!;
    if ('unallocated' in to) return { host: '10.96.200.200', port: 80, protocol: 'TCP' };
    const named = ports!.find(({ name }) => to.port === undefined || name === to.port);
    const { port, nodePort, protocol } = named ?? { port: Number(to.port), protocol: 'TCP' };
    if ('nodePort' in to) {
      const host =
        to.on === 'loopback'
          ? '127.0.0.1'
          : to.on === 'bridge'
            ? this.#places.bridgeIp(to.nodePort)
            : this.#places.ip(to.nodePort);
      return { host, port: nodePort!, protocol: protocol! };
    }
    return { host: 'vip' in to ? this.#stage.vip! : clusterIP!, port, protocol: protocol! };
  }
}

const FAILED: ReadonlySet<string> = new Set(['refused', 'silence', 'closed']);

function textOf(seen: ReadonlySet<string>): Observation {
  return [...seen].sort().join(' ');
}
