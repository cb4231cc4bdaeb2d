/** Keeps the pods process running: starts it, connects to it, and starts another when it dies. */
import { openSync } from 'node:fs';
import { connect, type Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { identifyProcess, isRunning, signalProcess } from '../../kernel/processes.ts';
import { streamChannel } from '../../node/standins/message-channel.ts';
import type { StandInClient } from '../../node/standins/stand-in-client.ts';
import { podsProgram } from '../programs.ts';
import type { Recorder } from '../record.ts';
import type { DaemonContext, FormerState } from './daemon-context.ts';
import { componentLogger } from './logger.ts';

const RESTART_MS = 500;
const ANSWER_MS = 5_000;
const PAUSE_MS = 5;

/** Why a pods process is no more, as far as is known. */
type Ended = { readonly code?: number | null; readonly signal?: NodeJS.Signals | null };

/** Resolves when stand-ins can be started, in the process a former daemon left if that still serves. */
export async function startPodsProcess(
  context: DaemonContext,
  recorder: Recorder,
  standIns: StandInClient,
): Promise<void> {
  const log = componentLogger('pods process');
  const start = () => startOnce(context, recorder, standIns);
  const former = context.former === undefined ? undefined : await reconnect(context, context.former, standIns);
  const { exited } = former ?? (await start());
  const keep = async (ended: Promise<Ended>) => {
    for (let running = ended; ; ) {
      log.error('ended; its containers are started again', { ...(await running) });
      await sleep(RESTART_MS);
      try {
        running = (await start()).exited;
      } catch (error) {
        log.error('cannot be started', { error });
      }
    }
  };
  void keep(exited);
}

/** The process a former daemon started, which has gone on serving. One that does not answer is ended; then undefined. */
async function reconnect(
  { directory }: DaemonContext,
  { recorded }: FormerState,
  standIns: StandInClient,
): Promise<{ exited: Promise<Ended> } | undefined> {
  const left = recorded.processes.filter((candidate) => candidate.role === 'pods' && isRunning(candidate));
  const end = async () => {
    for (const identity of left) signalProcess(identity, 'SIGKILL');
    while (left.some(isRunning)) await sleep(PAUSE_MS);
  };
  if (left.length === 0) return undefined;
  try {
    const socket = await connected(directory.podsSocket);
    const closed = new Promise<void>((resolve) => socket.once('close', () => resolve()));
    const known = standIns.connect(streamChannel(socket)).then(() => !socket.destroyed);
    if (await Promise.race([known, sleep(ANSWER_MS, false, { ref: false })])) {
      return { exited: closed.then(end).then(() => ({})) };
    }
    socket.destroy();
  } catch (error) {
    componentLogger('pods process').warn('does not answer; starting another', { error });
  }
  await end();
  return undefined;
}

async function startOnce(
  { plan, kernel, directory }: DaemonContext,
  recorder: Recorder,
  standIns: StandInClient,
): Promise<{ exited: Promise<Ended> }> {
  const output = openSync(directory.log, 'a');
  const child = kernel.spawn('', [process.execPath, ...podsProgram(), plan.name], {
    stdio: ['ignore', 'pipe', output],
  });
  const identity = identifyProcess(child.pid);
  if (identity !== undefined) recorder.write([{ made: 'process', role: 'pods', ...identity }]);
  await new Promise<void>((resolve, reject) => {
    child.stdout!.once('data', () => resolve());
    void child.exited.then(({ code }) => reject(new Error(`the pods process ended with ${code}; see daemon.log`)));
  });
  await standIns.connect(streamChannel(await connected(directory.podsSocket)));
  return { exited: child.exited };
}

function connected(path: string): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const socket = connect(path, () => {
      socket.off('error', reject);
      resolve(socket);
    });
    socket.once('error', reject);
  });
}
