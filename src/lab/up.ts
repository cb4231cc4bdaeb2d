/**
 * Brings a lab up, from the launcher's side: refuses what cannot be, writes the plan, opens the API's listener in the
 * host's namespace, starts the daemon in one of its own, and waits until it is ready. Whatever goes wrong from the first file
 * on (an error, Ctrl-C, the daemon's death) ends in `tearDown`.
 */
import type { ChildProcess } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { closeSync, mkdirSync, openSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:net';
import { loadBridgeNetfilter } from '../kernel/bridge-netfilter.ts';
import { identifyProcess, isRunning } from '../kernel/processes.ts';
import { startIsolated } from '../kernel/program.ts';
import type { ProxyMode } from '../objects/proxy-mode.ts';
import type { AcceptedMessage, BuiltPart, DaemonMessage, StartMessage } from './daemon-protocol.ts';
import { DEFAULT_LAB } from './default-lab.ts';
import { LabError } from './lab-error.ts';
import type { LabFile } from './lab-file-schema.ts';
import { lockLab } from './lab-lock.ts';
import { checkLabName, DEFAULT_LAB_NAME } from './lab-name.ts';
import { type LabPlan, planLab, withNodeCount } from './plan-lab.ts';
import { checkProxyTools, preflight } from './preflight.ts';
import { daemonProgram } from './programs.ts';
import { MARK_VARIABLE, Recorder, readRecord } from './record.ts';
import { removeEmptyRoot, type StateDirectory, stateDirectory } from './state-directory.ts';
import { tearDown } from './tear-down.ts';

export interface UpOptions {
  /** Default: `podwire`. */
  readonly name?: string;
  /** Path of a lab file; default: the default lab. */
  readonly file?: string;
  /** Number of nodes, the control plane included; default: as many as the file has. */
  readonly nodes?: number;
  /** Backend of kube-proxy; default: the file's. */
  readonly proxyMode?: ProxyMode;
  /** Gives up and removes what stands. */
  readonly signal?: AbortSignal;
}

/** Builds the lab and resolves when it is ready. Throws `LabError`; then nothing is left of it. */
export async function up(options: UpOptions, onBuilt: (part: BuiltPart) => void): Promise<LabPlan> {
  const startedAt = Date.now();
  const name = checkLabName(options.name ?? DEFAULT_LAB_NAME);
  preflight();
  const plan = planLab(name, withProxyMode(await readFile(options), options.proxyMode));
  checkProxyTools(plan.proxyMode);
  const lock = await lockLab(name, { wait: false });
  try {
    refuseExisting(name);
    loadBridgeNetfilter();
    try {
      await build(plan, startedAt, options.signal, onBuilt);
    } catch (error) {
      const { LinuxKernel } = await import('../kernel/linux-kernel.ts');
      await tearDown(name, new LinuxKernel());
      throw error;
    }
  } finally {
    lock.release();
    removeEmptyRoot();
  }
  return plan;
}

/** The checked lab file. The loader comes with zod and yaml, so it is imported only for a file. */
async function readFile(options: UpOptions): Promise<LabFile> {
  const file = options.file === undefined ? DEFAULT_LAB : (await import('./lab-file.ts')).readLabFile(options.file);
  if (options.nodes === undefined || options.nodes === file.nodes.length) return file;
  const { checkLabFile } = await import('./lab-file-rules.ts');
  const resized = withNodeCount(file, options.nodes);
  const [issue] = checkLabFile(resized);
  if (issue === undefined) return resized;
  throw new LabError({
    what: `the lab cannot have ${options.nodes} nodes`,
    why: `${issue.path.join('.')}: ${issue.message}`,
    remedy: 'ask for fewer nodes, or give the lab larger networks in a lab file',
    exitCode: 2,
  });
}

function withProxyMode(file: LabFile, mode: ProxyMode | undefined): LabFile {
  return mode === undefined ? file : { ...file, networking: { ...file.networking, kubeProxyMode: mode } };
}

/** Refuses a lab that is up, one whose daemon died, and namespaces of somebody else under the lab's names. */
function refuseExisting(name: string): void {
  const { record, path } = stateDirectory(name);
  if (readdirOf(path) !== undefined) {
    const daemon = readRecord(record).processes.find(({ role }) => role === 'daemon');
    const alive = daemon !== undefined && isRunning(daemon);
    throw new LabError({
      what: alive ? `the lab "${name}" is up already` : `there are remains of a lab "${name}"`,
      why: alive
        ? `its daemon runs as process ${daemon.pid}`
        : 'its daemon has died; its namespaces and files still stand',
      remedy: alive
        ? `use it, remove it with \`podwire down --name ${name}\`, or choose another name with --name`
        : `remove them with \`podwire down --name ${name}\`, then try again`,
    });
  }
  const foreign = (readdirOf('/run/netns') ?? []).filter((netns) => netns.startsWith(`${name}.`));
  if (foreign.length > 0)
    throw new LabError({
      what: `the name "${name}" is in use`,
      why: `there are network namespaces that this lab did not make: ${foreign.slice(0, 3).join(', ')}`,
      remedy: `choose another name with --name, or remove them with \`ip netns delete ${foreign[0]}\``,
    });
}

function readdirOf(path: string): string[] | undefined {
  try {
    return readdirSync(path);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}

async function build(
  plan: LabPlan,
  startedAt: number,
  signal: AbortSignal | undefined,
  onBuilt: (part: BuiltPart) => void,
): Promise<void> {
  const directory = stateDirectory(plan.name);
  mkdirSync(directory.path, { mode: 0o700 });
  const mark = randomBytes(16).toString('hex');
  const recorder = new Recorder(directory.record);
  try {
    recorder.write([{ made: 'mark', mark }]);
    writeFileSync(directory.plan, `${JSON.stringify(plan, null, 2)}\n`, { mode: 0o600 });
    const listener = await listenOnLoopback();
    const daemon = startDaemon(plan.name, mark, directory);
    try {
      const identity = daemon.pid === undefined ? undefined : identifyProcess(daemon.pid);
      if (identity !== undefined) recorder.write([{ made: 'process', role: 'daemon', ...identity }]);
      const address = listener.address() as { port: number };
      const start: StartMessage = {
        type: 'start',
        plan,
        mark,
        apiAddress: { host: '127.0.0.1', port: address.port },
        adopt: false,
        startedAt,
      };
      await followBuilding(daemon, start, listener, directory, signal, onBuilt);
    } finally {
      listener.close();
      if (daemon.connected) daemon.disconnect();
      daemon.unref();
    }
  } finally {
    recorder.close();
  }
}

function listenOnLoopback(): Promise<Server> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.on('error', reject);
    server.listen({ host: '127.0.0.1', port: 0 }, () => resolve(server));
  });
}

function startDaemon(name: string, mark: string, directory: StateDirectory): ChildProcess {
  const log = openSync(directory.log, 'a', 0o600);
  try {
    return startIsolated([...daemonProgram(), name], { env: { ...process.env, [MARK_VARIABLE]: mark }, output: log });
  } finally {
    closeSync(log);
  }
}

const ACCEPTED: AcceptedMessage = { type: 'accepted' };

/** Hands the daemon its plan and the listener, and passes on what it reports until it is ready. */
function followBuilding(
  daemon: ChildProcess,
  start: StartMessage,
  listener: Server,
  directory: StateDirectory,
  signal: AbortSignal | undefined,
  onBuilt: (part: BuiltPart) => void,
): Promise<void> {
  return new Promise<void>((resolve, reject) => {
    const died = (why: string) =>
      reject(
        new LabError({
          what: 'the lab’s daemon died while it built the lab',
          why: lastLines(directory.log) || why,
          remedy: 'nothing is left of the lab; try again, and report it when it happens again',
        }),
      );
    const interrupted = () =>
      reject(
        new LabError({
          what: `the start of the lab "${start.plan.name}" was interrupted`,
          why: 'a signal asked for it',
          remedy: 'nothing is left of it; run `podwire up` again when you like',
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
    // A daemon that is gone before it got this shows as 'exit'.
    daemon.send(start, listener, () => undefined);
  }).finally(() => daemon.removeAllListeners());
}

/** The end of the daemon's log: what a crash printed. */
function lastLines(log: string): string {
  return readFileSync(log, 'utf8').trimEnd().split('\n').slice(-5).join('\n');
}
