/** Keeps the pods process running: starts it, connects to it, and starts another when it dies. */
import { openSync } from 'node:fs';
import { connect, type Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { identifyProcess } from '../../kernel/processes.ts';
import { streamChannel } from '../../node/standins/message-channel.ts';
import type { StandInClient } from '../../node/standins/stand-in-client.ts';
import { podsProgram } from '../programs.ts';
import type { Recorder } from '../record.ts';
import type { DaemonContext } from './daemon-context.ts';
import { componentLogger } from './logger.ts';

const RESTART_MS = 500;

/** Resolves when stand-ins can be started. */
export async function startPodsProcess(
  context: DaemonContext,
  recorder: Recorder,
  standIns: StandInClient,
): Promise<void> {
  const log = componentLogger('pods process');
  const { exited } = await startOnce(context, recorder, standIns);
  const keep = async (ended: typeof exited) => {
    for (let running = ended; ; ) {
      const { code, signal } = await running;
      log.error('ended; its containers are started again', { code, signal });
      await sleep(RESTART_MS);
      try {
        running = (await startOnce(context, recorder, standIns)).exited;
      } catch (error) {
        log.error('cannot be started', { error });
      }
    }
  };
  void keep(exited);
}

async function startOnce(
  { plan, kernel, directory }: DaemonContext,
  recorder: Recorder,
  standIns: StandInClient,
): Promise<{ exited: Promise<{ code: number | null; signal: NodeJS.Signals | null }> }> {
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
