/**
 * Changes of mode on all nodes while connections are opened without a pause, from pods, nodes and outside, over both families; and
 * while those that were opened in each mode stay open and talk.
 */
import { once } from 'node:events';
import { createServer, type Server, type Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { familyOf } from '../../../src/net/ip.ts';
import { type Answer, askTcp } from './exchange.ts';
import type { Theatre } from './play.ts';
import { ALL, type Backend, type Place, type Situation, WEB } from './situation.ts';
import { Stage } from './stage.ts';

const SITUATION: Situation = {
  title: 'a Service that is asked while the mode changes',
  service: {
    type: 'NodePort',
    ports: [
      { name: 'web', port: 80, targetPort: 8080 },
      { name: 'words', port: 81, targetPort: 8081 },
    ],
  },
  acts: [{ endpoints: WEB, asks: [] }],
};
/** Of a number that no other situation has. */
const INDEX = 9999;
const FROM: readonly Place[] = ['p1', 'p2', 'a1', 'node-1', 'node-2', 'client'];
/** Longer than a lost packet takes to be sent again, and again. */
const PATIENCE_MS = 20_000;
/** Connections that each mode must have carried before it is left. */
const EACH = 40;
const PAUSE_MS = 20;
/** Who answers each word of a connection that stays open. */
const LISTENERS = ['a1', 'a2', 'b1'] as const;

export interface Switched {
  readonly asked: number;
  /** By place and address: what was no answer. */
  readonly failures: readonly string[];
  /** Connections that stayed open through all changes behind their own beginning. */
  readonly kept: number;
}

/** Goes from mode to mode, by `change`. */
export async function switchUnderLoad(
  theatre: Theatre,
  path: readonly Backend[],
  change: (mode: Backend) => Promise<unknown>,
): Promise<Switched> {
  const { lab, kernel, places } = theatre;
  const stage = new Stage(lab.transport, places, SITUATION, INDEX);
  await stage.enter(0);
  await lab.programmed(120_000);
  const { clusterIPs = [], ports = [] } = stage.service.spec!;
  const targets = [
    ...clusterIPs.map((host) => ({ host, port: 80 })),
    ...clusterIPs.map((ip) => ({ host: places.ip('node-2', familyOf(ip)), port: ports[0]!.nodePort! })),
  ];
  const failures: string[] = [];
  const kept = new KeptConnections(theatre, clusterIPs, failures);
  await kept.listen();
  let asked = 0;
  let isOver = false;
  const load = async (from: Place, first: number): Promise<void> => {
    // A load that only fails would leave no time to stop it.
    for (let turn = first; !isOver && failures.length < 20; turn += 1) {
      const { host, port } = targets[turn % targets.length]!;
      const answer = await askTcp(kernel, places.netns(from), host, port, PATIENCE_MS);
      asked += 1;
      // What changes the rules has its share of the processor too.
      await sleep(PAUSE_MS);
      if (!isAnswered(answer)) failures.push(`${from} → ${host}:${port}: ${JSON.stringify(answer)}`);
    }
  };
  const progress = async (): Promise<void> => {
    const goal = asked + EACH;
    while (asked < goal && failures.length === 0) await sleep(PAUSE_MS);
  };
  const loads = FROM.map(load);
  for (const mode of path) {
    await progress();
    const before = failures.length;
    kept.open(`before ${mode}`);
    await kept.talk();
    await change(mode);
    await kept.talk();
    for (let index = before; index < failures.length; index += 1) failures[index] += ` (on the way to ${mode})`;
  }
  await progress();
  isOver = true;
  await Promise.all(loads);
  kept.close();
  await stage.leave();
  return { asked, failures, kept: kept.size };
}

/** Connections to a Service, from everywhere to each of its addresses, that stay open to the end. */
class KeptConnections {
  readonly #theatre: Theatre;
  readonly #ips: readonly string[];
  readonly #failures: string[];
  readonly #connections: { readonly name: string; readonly socket: Socket }[] = [];
  readonly #servers: Server[] = [];

  constructor(theatre: Theatre, ips: readonly string[], failures: string[]) {
    this.#theatre = theatre;
    this.#ips = ips;
    this.#failures = failures;
  }

  get size(): number {
    return this.#connections.length;
  }

  async listen(): Promise<void> {
    const { kernel, places } = this.#theatre;
    for (const place of LISTENERS) {
      const server = createServer((socket) => {
        socket.on('error', () => socket.destroy());
        socket.pipe(socket);
      });
      this.#servers.push(server);
      await kernel.sockets.listen(places.netns(place), server, { host: '::', port: 8081 });
    }
  }

  open(when: string): void {
    const { kernel, places } = this.#theatre;
    for (const from of FROM)
      for (const host of this.#ips) {
        const name = `${from} → ${host}, opened ${when}`;
        const socket = kernel.sockets.connect(places.netns(from), { host, port: 81 });
        socket.on('error', ({ message }) => this.#failures.push(`${name}: ${message}`));
        this.#connections.push({ name, socket });
      }
  }

  /** Each has a word, and is answered. */
  async talk(): Promise<void> {
    const say = async (socket: Socket) => {
      socket.write('word');
      await once(socket, 'data', { signal: AbortSignal.timeout(PATIENCE_MS) });
    };
    await Promise.all(
      this.#connections.map(({ name, socket }) =>
        say(socket).catch((error: Error) => this.#failures.push(`${name}: ${error.message}`)),
      ),
    );
  }

  close(): void {
    for (const { socket } of this.#connections) socket.resetAndDestroy();
    for (const server of this.#servers) server.close();
  }
}

function isAnswered(answer: Answer): boolean {
  return 'server' in answer && (ALL as readonly string[]).includes(answer.server);
}
