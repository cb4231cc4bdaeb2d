/** Keeps the pods process running: starts it, connects to it, and starts another when it dies. */
import { setTimeout as sleep } from 'node:timers/promises';
import { streamChannel } from '../../client/message-channel.ts';
import type { StandInClient } from '../../node/standins/stand-in-client.ts';
import { podsProgram } from '../programs.ts';
import type { Recorder } from '../record.ts';
import type { DaemonContext, FormerState } from './daemon-context.ts';
import { componentLogger } from './logger.ts';
import { connectTo, type Ended, endLeft, leftOf, startSideProcess } from './side-process.ts';

const RESTART_MS = 500;
const ANSWER_MS = 5_000;

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
  const left = leftOf(recorded, 'pods');
  if (left.length === 0) return undefined;
  try {
    const socket = await connectTo(directory.podsSocket);
    const closed = new Promise<void>((resolve) => socket.once('close', () => resolve()));
    const known = standIns.connect(streamChannel(socket)).then(() => !socket.destroyed);
    if (await Promise.race([known, sleep(ANSWER_MS, false, { ref: false })])) {
      return { exited: closed.then(() => endLeft(left)).then(() => ({})) };
    }
    socket.destroy();
  } catch (error) {
    componentLogger('pods process').warn('does not answer; starting another', { error });
  }
  await endLeft(left);
  return undefined;
}

async function startOnce(
  context: DaemonContext,
  recorder: Recorder,
  standIns: StandInClient,
): Promise<{ exited: Promise<Ended> }> {
  const what = { role: 'pods', program: podsProgram(), socket: context.directory.podsSocket };
  const { socket, exited } = await startSideProcess(context, recorder, what);
  await standIns.connect(streamChannel(socket));
  return { exited };
}
