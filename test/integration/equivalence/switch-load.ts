/** Changes of mode on all nodes while connections are opened without a pause, from pods, nodes and outside, over both families. */
import { setTimeout as sleep } from 'node:timers/promises';
import { familyOf } from '../../../src/net/ip.ts';
import { type Answer, askTcp } from './exchange.ts';
import type { Theatre } from './play.ts';
import { ALL, type Backend, type Place, type Situation, WEB } from './situation.ts';
import { Stage } from './stage.ts';

const SITUATION: Situation = {
  title: 'a Service that is asked while the mode changes',
  service: { type: 'NodePort' },
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

export interface Switched {
  readonly asked: number;
  /** By place and address: what was no answer. */
  readonly failures: readonly string[];
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
    await change(mode);
    for (let index = before; index < failures.length; index += 1) failures[index] += ` (on the way to ${mode})`;
  }
  await progress();
  isOver = true;
  await Promise.all(loads);
  await stage.leave();
  return { asked, failures };
}

function isAnswered(answer: Answer): boolean {
  return 'server' in answer && (ALL as readonly string[]).includes(answer.server);
}
