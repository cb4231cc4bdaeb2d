/** A process that stands beside the daemon, carries traffic and outlives it: started, written down, spoken to over a Unix socket. */
import { openSync } from 'node:fs';
import { connect, type Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { identifyProcess, isRunning, type ProcessIdentity, signalProcess } from '../../kernel/processes.ts';
import type { Recorded, Recorder } from '../record.ts';
import type { DaemonContext } from './daemon-context.ts';

const PAUSE_MS = 5;

/** How a process ended, as far as is known. */
export type Ended = { readonly code?: number | null; readonly signal?: NodeJS.Signals | null };

export interface SideProcess {
  /** Its name in the record and the log. */
  readonly role: string;
  /** Arguments for node. */
  readonly program: readonly string[];
  /** Where it listens once it has printed something. */
  readonly socket: string;
}

/** Starts it and connects. Rejects when it ends before it listens. */
export async function startSideProcess(
  { plan, kernel, directory }: Pick<DaemonContext, 'plan' | 'kernel' | 'directory'>,
  recorder: Recorder,
  { role, program, socket }: SideProcess,
): Promise<{ readonly socket: Socket; readonly exited: Promise<Ended> }> {
  const child = kernel.spawn('', [process.execPath, ...program, plan.name], {
    stdio: ['ignore', 'pipe', openSync(directory.log, 'a')],
  });
  const identity = identifyProcess(child.pid);
  if (identity !== undefined) recorder.write([{ made: 'process', role, ...identity }]);
  await new Promise<void>((resolve, reject) => {
    child.stdout!.once('data', () => resolve());
    void child.exited.then(({ code }) => reject(new Error(`the ${role} process ended with ${code}; see daemon.log`)));
  });
  return { socket: await connectTo(socket), exited: child.exited };
}

/** Those of a role that a former daemon started and that still run. */
export function leftOf({ processes }: Recorded, role: string): ProcessIdentity[] {
  return processes.filter((candidate) => candidate.role === role && isRunning(candidate));
}

/** Kills them; resolves when they are gone. */
export async function endLeft(left: readonly ProcessIdentity[]): Promise<void> {
  for (const identity of left) signalProcess(identity, 'SIGKILL');
  while (left.some(isRunning)) await sleep(PAUSE_MS);
}

/** A connection to a process's Unix socket. */
export function connectTo(path: string): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const socket = connect(path, () => {
      socket.off('error', reject);
      resolve(socket);
    });
    socket.once('error', reject);
  });
}
