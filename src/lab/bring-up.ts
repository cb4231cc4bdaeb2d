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
import { LabError } from './lab-error.ts';
import { lockLab } from './lab-lock.ts';
import { addressOf, type Launch, launchDaemon, listenOnLoopback } from './launch-daemon.ts';
import type { LabPlan } from './plan-lab.ts';
import { Recorder } from './record.ts';
import { removeEmptyRoot, stateDirectory } from './state-directory.ts';
import { tearDown } from './tear-down.ts';

export interface WantedLab {
  readonly plan: LabPlan;
  /** The user has said which shape the lab shall have; otherwise one that stands is taken over in its own. */
  readonly asked: boolean;
  /** Where the API shall listen, when that is free; default: any port. */
  readonly apiPort?: number;
}

export type Attempt = Pick<Launch, 'startedAt' | 'signal' | 'onBuilt'> & {
  readonly onNote: (text: string) => void;
};

/** Brings the lab up and resolves with its plan when it is ready. Throws `LabError`; then nothing is left of a lab that was to be built. */
export async function bringUp({ plan, asked, apiPort }: WantedLab, attempt: Attempt): Promise<LabPlan> {
  const { name } = plan;
  const lock = await lockLab(name, { wait: false });
  try {
    const former = findFormerLab(name);
    loadBridgeNetfilter();
    if (former.state === 'orphaned') {
      if (asked && !isDeepStrictEqual(former.plan, JSON.parse(JSON.stringify(plan)))) throw otherPlan(name);
      await adopt(former, attempt);
      return former.plan;
    }
    if (former.state === 'unfinished') await clearAway(name, attempt.onNote);
    await buildOrRemove(plan, attempt, apiPort);
    return plan;
  } finally {
    lock.release();
    removeEmptyRoot();
  }
}

async function buildOrRemove(plan: LabPlan, attempt: Attempt, apiPort?: number): Promise<void> {
  try {
    await build(plan, attempt, apiPort);
  } catch (error) {
    await remove(plan.name);
    throw error;
  }
}

async function build(plan: LabPlan, attempt: Attempt, apiPort?: number): Promise<void> {
  const directory = stateDirectory(plan.name);
  mkdirSync(directory.path, { mode: 0o700 });
  const mark = randomBytes(16).toString('hex');
  const recorder = new Recorder(directory.record);
  recorder.write([{ made: 'mark', mark }]);
  recorder.close();
  writeFileSync(directory.plan, `${JSON.stringify(plan, null, 2)}\n`, { mode: 0o600 });
  await launchDaemon({ ...attempt, plan, mark, adopt: false, listener: await listenOnLoopback(apiPort) });
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
