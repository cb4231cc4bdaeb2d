/** What stands under a lab's name before `up`: nothing, a lab that is up, or what one left whose daemon has died. */
import { existsSync, readdirSync } from 'node:fs';
import { namespaceStands } from '../kernel/namespace-window.ts';
import { isRunning, namespaceOf } from '../kernel/processes.ts';
import { readPlan } from './find-lab.ts';
import { type ApiAddress, readIdentity } from './identity.ts';
import { LabError } from './lab-error.ts';
import type { LabPlan } from './plan-lab.ts';
import { type Recorded, readRecord } from './record.ts';
import { type StateDirectory, stateDirectory } from './state-directory.ts';

export type FormerLab =
  | { readonly state: 'absent' }
  /** It never became ready: there is nothing in it to be kept. */
  | { readonly state: 'unfinished' }
  /** It is up, but its way to an API server elsewhere has died. */
  | { readonly state: 'cut-off'; readonly plan: LabPlan; readonly mark: string }
  /** It stands in User-mode Linux, whose machine runs, or has died and the lab with it. */
  | { readonly state: 'machine'; readonly plan: LabPlan; readonly runs: boolean }
  /** Its daemon has died; another may take it over. */
  | {
      readonly state: 'orphaned';
      readonly plan: LabPlan;
      readonly mark: string;
      /** Where its API was; undefined for one elsewhere. */
      readonly apiAddress: ApiAddress | undefined;
      readonly hasUplink: boolean;
    };

/** Looks. Throws a `LabError` for a lab that is up, for files that cannot be read, and for namespaces of somebody else. */
export function findFormerLab(name: string): FormerLab {
  const directory = stateDirectory(name);
  if (!existsSync(directory.path)) {
    refuseForeignNamespaces(name);
    return { state: 'absent' };
  }
  const recorded = readRecord(directory.record);
  const hasUplink = recorded.processes.some((candidate) => candidate.role === 'uplink' && isRunning(candidate));
  if (recorded.readyAt !== undefined && recorded.mark !== undefined && !hasUplink && daemonOf(recorded) !== undefined) {
    const { plan } = readFiles(name, directory);
    if (plan.remote !== undefined) return { state: 'cut-off', plan, mark: recorded.mark };
  }
  refuseLiving(name, recorded);
  if (recorded.readyAt === undefined || recorded.mark === undefined) return { state: 'unfinished' };
  const machine = recorded.processes.findLast(({ role }) => role === 'machine');
  if (machine !== undefined) return { state: 'machine', plan: readPlan(directory), runs: isRunning(machine) };
  refuseForeignNamespaces(name, recorded);
  return { state: 'orphaned', mark: recorded.mark, hasUplink, ...readFiles(name, directory) };
}

/** Namespaces with the lab's prefix that the lab did not make, or whose name somebody else has taken since. */
export function refuseForeignNamespaces(name: string, recorded?: Recorded): void {
  const foreign = namespaceNames().filter((netns) => {
    if (!netns.startsWith(`${name}.`)) return false;
    if (recorded?.namespaces.has(netns) !== true) return true;
    const inode = recorded.namespaces.get(netns);
    // A file that is no namespace any more (after a reboot) harms nobody.
    return inode !== undefined && namespaceStands(netns) && namespaceOf(`/run/netns/${netns}`) !== inode;
  });
  if (foreign.length === 0) return;
  throw new LabError({
    what: `the name "${name}" is in use`,
    why: `there are network namespaces that this lab did not make: ${foreign.slice(0, 3).join(', ')}`,
    remedy: `choose another name with --name, or remove them with \`ip netns delete ${foreign[0]}\``,
  });
}

function daemonOf({ processes }: Recorded) {
  return processes.find((candidate) => candidate.role === 'daemon' && isRunning(candidate));
}

function refuseLiving(name: string, recorded: Recorded): void {
  const daemon = daemonOf(recorded);
  if (daemon === undefined) return;
  throw new LabError({
    what: `the lab "${name}" is up already`,
    why: `its daemon runs as process ${daemon.pid}`,
    remedy: `use it, remove it with \`podwire down --name ${name}\`, or choose another name with --name`,
  });
}

function readFiles(name: string, directory: StateDirectory): { plan: LabPlan; apiAddress: ApiAddress | undefined } {
  try {
    const plan = readPlan(directory);
    return { plan, apiAddress: plan.remote === undefined ? readIdentity(directory.identity).apiAddress : undefined };
  } catch (cause) {
    throw new LabError({
      what: `the lab "${name}" cannot be taken over: what it kept cannot be read`,
      why: (cause as Error).message,
      remedy: `remove it with \`podwire down --name ${name}\`, then \`podwire up\` anew`,
      cause,
    });
  }
}

function namespaceNames(): string[] {
  try {
    return readdirSync('/run/netns');
  } catch (error) {
    // The folder comes with the machine's first named namespace.
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return [];
    throw error;
  }
}
