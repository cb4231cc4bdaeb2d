/**
 * Brings a planned lab up, from the launcher's side: refuses what cannot be, then builds the lab, or takes over one whose daemon
 * has died. Whatever goes wrong while it is built (an error, Ctrl-C, the daemon's death) ends in `tearDown`; a lab that
 * cannot be taken over stays as it was found.
 */
import { randomBytes } from 'node:crypto';
import { mkdirSync, writeFileSync } from 'node:fs';
import { isDeepStrictEqual } from 'node:util';
import { loadBridgeNetfilter } from '../kernel/bridge-netfilter.ts';
import { type FormerLab, findFormerLab, refuseForeignNamespaces } from './former-lab.ts';
import type { JoinPlan } from './join/prepare-join.ts';
import { LabError } from './lab-error.ts';
import { lockLab } from './lab-lock.ts';
import { addressOf, type Launch, launchDaemon, listenForApi } from './launch-daemon.ts';
import type { LabPlan } from './plan-lab.ts';
import { Recorder } from './record.ts';
import { removeLab } from './remove-lab.ts';
import { removeEmptyRoot, stateDirectory } from './state-directory.ts';

export interface WantedLab {
  readonly plan: LabPlan;
  /** What stands for the lab here: its daemon, or the machine that the daemon runs in. Default: its daemon. */
  readonly program?: Launch['program'];
  /** The user has said which shape the lab shall have; otherwise one that stands is taken over in its own. */
  readonly asked: boolean;
  /** Where the API shall listen, when that is free; default: any port of the loopback. */
  readonly apiPort?: number;
  readonly apiHost?: string;
  /** The plan is of a lab that joins a cluster: the workers of `plan`, as the cluster has room for them. */
  readonly join?: () => Promise<JoinPlan>;
}

export type Attempt = Pick<Launch, 'startedAt' | 'signal' | 'onBuilt'> & {
  readonly onNote: (text: string) => void;
};

/** Brings the lab up and resolves with its plan when it is ready. Throws `LabError`; then nothing is left of a lab that was to be built. */
export async function bringUp(wanted: WantedLab, attempt: Attempt): Promise<LabPlan> {
  const { name } = wanted.plan;
  const lock = await lockLab(name, { wait: false });
  try {
    const former = findFormerLab(name);
    if (wanted.program !== 'machine') loadBridgeNetfilter();
    if (former.state === 'orphaned') {
      if (!isThatLab(wanted, former.plan)) throw otherPlan(name);
      await adopt(former, attempt);
      return former.plan;
    }
    if (former.state === 'cut-off') {
      attempt.onNote(`the way of the lab "${name}" to its API server had died; opening it again`);
      await openUplink(former.plan, former.mark);
      return former.plan;
    }
    if (former.state === 'machine') {
      const again = wanted.asked ? wanted : { ...wanted, plan: former.plan, program: 'machine' as const };
      if (former.runs) return await upInMachine(again, attempt);
      await clearAway(name, attempt.onNote, `the User-mode Linux of the lab "${name}" has died, and the lab with it`);
      return await buildOrRemove(again, attempt);
    }
    if (former.state === 'unfinished')
      await clearAway(name, attempt.onNote, `a former start of the lab "${name}" was cut short`);
    return await buildOrRemove(wanted, attempt);
  } finally {
    lock.release();
    removeEmptyRoot();
  }
}

/** Whether the lab that stands is the one that is asked for. One that has joined a cluster is not planned anew. */
function isThatLab({ plan, asked, join }: WantedLab, former: LabPlan): boolean {
  if (join === undefined) return !asked || isDeepStrictEqual(former, JSON.parse(JSON.stringify(plan)));
  const workers = plan.nodes.filter(({ role }) => role === 'worker');
  return former.remote !== undefined && (!asked || former.nodes.length === workers.length);
}

interface Building {
  readonly plan: LabPlan;
  readonly program: WantedLab['program'];
  readonly apiPort: number | undefined;
  readonly apiHost: string | undefined;
  /** Of the cluster that the lab joins. */
  readonly kubeconfig: string | undefined;
}

async function buildOrRemove({ plan, program, apiPort, apiHost, join }: WantedLab, attempt: Attempt): Promise<LabPlan> {
  const joining = await join?.();
  const planned = joining?.plan ?? plan;
  try {
    await build({ plan: planned, program, apiPort, apiHost, kubeconfig: joining?.kubeconfig }, attempt);
    return planned;
  } catch (error) {
    await remove(plan.name, attempt.onNote);
    throw error;
  }
}

async function build(
  { plan, program = 'daemon', apiPort, apiHost, kubeconfig }: Building,
  attempt: Attempt,
): Promise<void> {
  const directory = stateDirectory(plan.name);
  mkdirSync(directory.path, { mode: 0o700 });
  const mark = randomBytes(16).toString('hex');
  const recorder = new Recorder(directory.record);
  recorder.write([{ made: 'mark', mark }]);
  recorder.close();
  writeFileSync(directory.plan, `${JSON.stringify(plan, null, 2)}\n`, { mode: 0o600 });
  if (kubeconfig !== undefined) writeFileSync(directory.kubeconfig, kubeconfig, { mode: 0o600 });
  await openUplink(plan, mark);
  const listener = plan.remote === undefined ? await listenForApi(apiPort, apiHost) : undefined;
  await launchDaemon({ ...attempt, plan, program, mark, adopt: false, listener });
}

/** The way to an API server elsewhere; nothing for a lab with its own. */
async function openUplink({ name, remote }: LabPlan, mark: string): Promise<void> {
  if (remote === undefined) return;
  const { startUplink } = await import('./join/start-uplink.ts');
  await startUplink(stateDirectory(name), remote.server, mark);
}

/** A tool that a killed daemon was just about to start has all of its descriptors, the listener too, until it runs: on a busy machine up to a second. */
const LET_GO_MS = 1_500;

/** Has a new daemon take over what the former one left. */
async function adopt(former: FormerLab & { state: 'orphaned' }, attempt: Attempt): Promise<void> {
  const { plan, mark, apiAddress, hasUplink } = former;
  attempt.onNote(`the daemon of the lab "${plan.name}" has died; taking over what it left`);
  if (!hasUplink) await openUplink(plan, mark);
  if (apiAddress === undefined)
    return await launchDaemon({ ...attempt, plan, program: 'daemon', mark, adopt: true, listener: undefined });
  const listener = await listenForApi(apiAddress.port, apiAddress.host, LET_GO_MS);
  const { host, port } = addressOf(listener);
  if (port !== apiAddress.port) {
    attempt.onNote(
      `port ${apiAddress.port} has been taken by another program: the API is at https://${host}:${port} now, and the kubeconfig says so`,
    );
  }
  await launchDaemon({ ...attempt, plan, program: 'daemon', mark, adopt: true, listener });
}

/** A daemon that died in a machine that runs is replaced there. */
async function upInMachine({ plan, asked }: WantedLab, attempt: Attempt): Promise<LabPlan> {
  const { upInGuest } = await import('./uml/up-in-guest.ts');
  const { connectTo } = await import('./uml/remote-program.ts');
  const { agentSocket, kubeconfig } = stateDirectory(plan.name);
  writeFileSync(kubeconfig, await upInGuest(connectTo(agentSocket), { plan, asked }, attempt), { mode: 0o600 });
  return plan;
}

/** What is left of a lab that there is nothing to keep of is removed, as its own launcher would have done. */
async function clearAway(name: string, onNote: (text: string) => void, why: string): Promise<void> {
  onNote(`${why}; removing what it left`);
  await remove(name, onNote);
  refuseForeignNamespaces(name);
}

async function remove(name: string, onNote: (text: string) => void): Promise<void> {
  const { LinuxKernel } = await import('../kernel/linux-kernel.ts');
  await removeLab(name, new LinuxKernel(), onNote);
}

function otherPlan(name: string): LabError {
  return new LabError({
    what: `there is a lab "${name}" of another shape`,
    why: 'its daemon has died, and what it left is not the lab that is asked for',
    remedy: `take it over as it is with \`podwire up --name ${name}\` alone, or remove it first with \`podwire down --name ${name}\``,
  });
}
