/**
 * Starts a lab's daemon in a network namespace of its own, hands it the plan and the API's listener, and follows what it
 * reports until the lab is ready. Knows nothing of what is in the lab's folder.
 */
import type { ChildProcess } from 'node:child_process';
import { closeSync, openSync, readFileSync } from 'node:fs';
import { type AddressInfo, createServer, type Server } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { identifyProcess } from '../kernel/processes.ts';
import { startIsolated } from '../kernel/program.ts';
import type { AcceptedMessage, BuiltPart, DaemonMessage, StartMessage } from './daemon-protocol.ts';
import type { ApiAddress } from './identity.ts';
import { LabError } from './lab-error.ts';
import type { LabPlan } from './plan-lab.ts';
import { daemonProgram, machineProgram } from './programs.ts';
import { MARK_VARIABLE, Recorder } from './record.ts';
import { type StateDirectory, stateDirectory } from './state-directory.ts';

export interface Launch {
  readonly plan: LabPlan;
  /** What is started: the daemon, or the machine in whose guest the daemon will stand. */
  readonly program: 'daemon' | 'machine';
  /** The lab's mark; see `record.ts`. */
  readonly mark: string;
  /** The lab stands already, at least in part. */
  readonly adopt: boolean;
  /** Of the API, in the host's namespace; undefined when the API server is elsewhere. */
  readonly listener: Server | undefined;
  /** The command's start, in milliseconds since the epoch. */
  readonly startedAt: number;
  readonly signal: AbortSignal | undefined;
  readonly onBuilt: (part: BuiltPart) => void;
}

/** What a failure leaves, as the last line of its message. */
const LEFT = {
  built: {
    died: 'nothing is left of the lab; try again, and report it when it happens again',
    interrupted: 'nothing is left of it; run `podwire up` again when you like',
  },
  adopted: {
    died: 'the lab is as it was found; try again, and report it when it happens again',
    interrupted: 'the lab is as it was found; run `podwire up` again when you like',
  },
} as const;

export const LOOPBACK = '127.0.0.1';

const PAUSE_MS = 10;

/**
 * A listener of the API in the host's network, at `port` if that is free, or becomes so within `patienceMs`. Throws a `LabError` for an
 * address the host has not.
 */
export async function listenForApi(port = 0, host = LOOPBACK, patienceMs = 0): Promise<Server> {
  const until = Date.now() + patienceMs;
  for (;;) {
    try {
      return await listen(port, host);
    } catch (error) {
      const { code, message } = error as NodeJS.ErrnoException;
      if (port !== 0 && code === 'EADDRINUSE') {
        if (Date.now() >= until) return await listen(0, host);
        await sleep(PAUSE_MS);
        continue;
      }
      if (host === LOOPBACK) throw error;
      throw new LabError({
        what: `the API cannot listen on ${host}`,
        why: code === 'EADDRNOTAVAIL' ? 'this machine has no such address' : message,
        remedy: 'name an address that `ip address` shows with --listen, or leave it out for the loopback',
        exitCode: 2,
        cause: error,
      });
    }
  }
}

function listen(port: number, host: string): Promise<Server> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.on('error', reject);
    server.listen({ host, port }, () => resolve(server));
  });
}

/** Where a listener of `listenForApi` listens. */
export function addressOf(listener: Server): ApiAddress {
  const { address, port } = listener.address() as AddressInfo;
  return { host: address, port };
}

/**
 * Resolves when the lab is ready. Throws `LabError`; then a daemon that was to build goes on until it is torn down, one that was
 * to adopt has ended. The listener is closed here in any case: it is the daemon's.
 */
export async function launchDaemon(launch: Launch): Promise<void> {
  const { plan, program, adopt, listener } = launch;
  const directory = stateDirectory(plan.name);
  const recorder = new Recorder(directory.record);
  const daemon = startDaemon(launch, directory);
  try {
    const identity = daemon.pid === undefined ? undefined : identifyProcess(daemon.pid);
    if (identity !== undefined) recorder.write([{ made: 'process', role: program, ...identity }]);
    await followBuilding(daemon, launch, directory);
  } catch (error) {
    if (adopt) await endDaemon(daemon);
    throw error;
  } finally {
    recorder.close();
    listener?.close();
    // A daemon that ends at this moment lets go of the channel too, which Node then calls an error.
    daemon.on('error', () => undefined);
    if (daemon.connected) daemon.disconnect();
    daemon.unref();
  }
}

function startDaemon({ plan, program, mark, adopt }: Launch, directory: StateDirectory): ChildProcess {
  const log = openSync(directory.log, 'a', 0o600);
  try {
    const start = program === 'daemon' ? daemonProgram() : machineProgram();
    const argv = [...start, plan.name, ...(adopt ? ['adopt'] : [])];
    return startIsolated(argv, { env: { ...process.env, [MARK_VARIABLE]: mark }, output: log });
  } finally {
    closeSync(log);
  }
}

async function endDaemon(daemon: ChildProcess): Promise<void> {
  if (daemon.exitCode !== null || daemon.signalCode !== null) return;
  const ended = new Promise((resolve) => daemon.once('exit', resolve));
  if (daemon.kill('SIGKILL')) await ended;
}

const ACCEPTED: AcceptedMessage = { type: 'accepted' };

/** Hands the daemon its plan and the listener, and passes on what it reports until it is ready. */
function followBuilding(daemon: ChildProcess, launch: Launch, directory: StateDirectory): Promise<void> {
  const { plan, listener, startedAt, signal, onBuilt } = launch;
  const left = launch.adopt ? LEFT.adopted : LEFT.built;
  return new Promise<void>((resolve, reject) => {
    const died = (why: string) =>
      reject(
        new LabError({
          what: `the lab’s daemon died while it ${launch.adopt ? 'took over' : 'built'} the lab`,
          why: lastLines(directory.log) || why,
          remedy: left.died,
        }),
      );
    const interrupted = () =>
      reject(
        new LabError({
          what: `the start of the lab "${plan.name}" was interrupted`,
          why: 'a signal asked for it',
          remedy: left.interrupted,
        }),
      );
    if (signal?.aborted) return interrupted();
    signal?.addEventListener('abort', interrupted, { once: true });
    daemon.on('error', (error) => died(error.message));
    daemon.on('exit', (code, by) => died(by === null ? `it ended with exit code ${code}` : `it was killed by ${by}`));
    daemon.on('message', (message: DaemonMessage) => {
      if (message.type === 'built') onBuilt({ part: message.part, ms: message.ms });
      else if (message.type === 'ready') daemon.send(ACCEPTED, () => resolve());
      else reject(new LabError(message.error));
    });
    const apiAddress = listener === undefined ? {} : { apiAddress: addressOf(listener) };
    const start: StartMessage = { type: 'start', plan, ...apiAddress, startedAt };
    // A daemon that is gone before it got this shows as 'exit'.
    daemon.send(start, listener, () => undefined);
  }).finally(() => daemon.removeAllListeners());
}

/** The end of the daemon's log: what a crash printed. */
function lastLines(log: string): string {
  return readFileSync(log, 'utf8').trimEnd().split('\n').slice(-5).join('\n');
}
