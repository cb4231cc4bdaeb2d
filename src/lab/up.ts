/**
 * Brings a lab up, from the launcher's side: refuses what cannot be, then builds the lab, or takes over one whose daemon has
 * died. Whatever goes wrong while it is built (an error, Ctrl-C, the daemon's death) ends in `tearDown`; a lab that
 * cannot be taken over stays as it was found.
 */
import { randomBytes } from 'node:crypto';
import { mkdirSync, writeFileSync } from 'node:fs';
import { isDeepStrictEqual } from 'node:util';
import { loadBridgeNetfilter } from '../kernel/bridge-netfilter.ts';
import type { ProxyMode } from '../objects/proxy-mode.ts';
import { findCoreDns } from './core-dns.ts';
import type { BuiltPart } from './daemon-protocol.ts';
import { DEFAULT_LAB } from './default-lab.ts';
import { type FormerLab, findFormerLab, refuseForeignNamespaces } from './former-lab.ts';
import { LabError } from './lab-error.ts';
import type { LabFile } from './lab-file-schema.ts';
import { lockLab } from './lab-lock.ts';
import { checkLabName, DEFAULT_LAB_NAME } from './lab-name.ts';
import { addressOf, type Launch, launchDaemon, listenOnLoopback } from './launch-daemon.ts';
import { type LabPlan, planLab, withNodeCount } from './plan-lab.ts';
import { checkProxyTools, preflight } from './preflight.ts';
import { Recorder } from './record.ts';
import { removeEmptyRoot, stateDirectory } from './state-directory.ts';
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
  /** Gives up: removes what was built, leaves what was found. */
  readonly signal?: AbortSignal;
  /** Takes what the user should know besides the parts that are built. */
  readonly onNote?: (text: string) => void;
}

type Attempt = Pick<Launch, 'startedAt' | 'signal' | 'onBuilt'> & { readonly onNote: (text: string) => void };

/** Brings the lab up and resolves when it is ready. Throws `LabError`; then nothing is left of a lab that was to be built. */
export async function up(options: UpOptions, onBuilt: (part: BuiltPart) => void): Promise<LabPlan> {
  const { signal, onNote = () => undefined } = options;
  const attempt: Attempt = { startedAt: Date.now(), signal, onBuilt, onNote };
  const name = checkLabName(options.name ?? DEFAULT_LAB_NAME);
  preflight();
  const file = withProxyMode(await readFile(options), options.proxyMode);
  const plan = { ...planLab(name, file), ...(file.dns === 'coredns' ? { coreDns: findCoreDns() } : {}) };
  checkProxyTools(plan.proxyMode);
  const lock = await lockLab(name, { wait: false });
  try {
    const former = findFormerLab(name);
    loadBridgeNetfilter();
    if (former.state === 'orphaned') {
      const { file, nodes, proxyMode } = options;
      const isAsked = [file, nodes, proxyMode].some((option) => option !== undefined);
      if (isAsked && !isDeepStrictEqual(former.plan, JSON.parse(JSON.stringify(plan)))) throw otherPlan(name);
      await adopt(former, attempt);
      return former.plan;
    }
    if (former.state === 'unfinished') await clearAway(name, onNote);
    await buildOrRemove(plan, attempt);
    return plan;
  } finally {
    lock.release();
    removeEmptyRoot();
  }
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

async function buildOrRemove(plan: LabPlan, attempt: Attempt): Promise<void> {
  try {
    await build(plan, attempt);
  } catch (error) {
    await remove(plan.name);
    throw error;
  }
}

async function build(plan: LabPlan, attempt: Attempt): Promise<void> {
  const directory = stateDirectory(plan.name);
  mkdirSync(directory.path, { mode: 0o700 });
  const mark = randomBytes(16).toString('hex');
  const recorder = new Recorder(directory.record);
  recorder.write([{ made: 'mark', mark }]);
  recorder.close();
  writeFileSync(directory.plan, `${JSON.stringify(plan, null, 2)}\n`, { mode: 0o600 });
  await launchDaemon({ ...attempt, plan, mark, adopt: false, listener: await listenOnLoopback() });
}

/** Has a new daemon take over what the former one left. */
async function adopt(former: FormerLab & { state: 'orphaned' }, attempt: Attempt): Promise<void> {
  const { plan, mark, apiAddress } = former;
  attempt.onNote(`the daemon of the lab "${plan.name}" has died; taking over what it left`);
  const listener = await listenOnLoopback(apiAddress.port);
  const { host, port } = addressOf(listener);
  if (port !== apiAddress.port) {
    attempt.onNote(
      `port ${apiAddress.port} has been taken by another program: the API is at https://${host}:${port} now, and the kubeconfig says so`,
    );
  }
  await launchDaemon({ ...attempt, plan, mark, adopt: true, listener });
}

/** What is left of a lab that never became ready is removed, as its own launcher would have done. */
async function clearAway(name: string, onNote: (text: string) => void): Promise<void> {
  onNote(`a former start of the lab "${name}" was cut short; removing what it left`);
  await remove(name);
  refuseForeignNamespaces(name);
}

async function remove(name: string): Promise<void> {
  const { LinuxKernel } = await import('../kernel/linux-kernel.ts');
  await tearDown(name, new LinuxKernel());
}

function otherPlan(name: string): LabError {
  return new LabError({
    what: `there is a lab "${name}" of another shape`,
    why: 'its daemon has died, and what it left is not the lab that is asked for',
    remedy: `take it over as it is with \`podwire up --name ${name}\` alone, or remove it first with \`podwire down --name ${name}\``,
  });
}
