/**
 * Removes a lab: the one way a lab ends, with or without a daemon, after success, failure or a crash. Goes by the
 * record alone, in the order the kernel wants: first whoever holds a namespace, then the namespaces in one batch (single
 * links are never deleted: 20 ms each), then the files. Running it again continues where it was interrupted.
 */
import { rmSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Kernel } from '../kernel/kernel.ts';
import { namespaceStands } from '../kernel/namespace-window.ts';
import { buryOrphan, inheritOrphans } from '../kernel/orphans.ts';
import {
  environmentOf,
  isRunning,
  listProcesses,
  namespaceOf,
  type ProcessFacts,
  signalProcess,
  withDescendants,
} from '../kernel/processes.ts';
import { LabError } from './lab-error.ts';
import { MARK_VARIABLE, type Recorded, readRecord } from './record.ts';
import { stateDirectory } from './state-directory.ts';

const DEADLINE_MS = 10_000;
const PAUSE_MS = 2;
/** What a killed process may take to end; others' orphans are not waited for longer. */
const BURIAL_MS = 500;

/** Removes all that the lab's record names and then its folder. The caller holds the lab's lock, and may be the lab's own daemon. */
export async function tearDown(lab: string, kernel: Pick<Kernel, 'deleteNamespaces'>): Promise<void> {
  const directory = stateDirectory(lab);
  const deadline = Date.now() + DEADLINE_MS;
  let recorded = readRecord(directory.record);
  const ended: ProcessFacts[] = [];
  inheritOrphans();
  do {
    ended.push(...(await endProcesses(recorded, deadline)));
    // Only now is the record whole: nobody is left who could add to it.
    recorded = readRecord(directory.record);
    const inodes = standingNamespaces(recorded);
    await kernel.deleteNamespaces([...inodes.keys()]);
  } while (holdersOf(recorded, standingNamespaces(recorded)).length > 0);
  rmSync(directory.path, { recursive: true, force: true });
  await bury(ended);
}

/** In rounds: the first process of a PID namespace ends only when all others of it are buried. */
async function bury(ended: readonly ProcessFacts[]): Promise<void> {
  const until = Date.now() + BURIAL_MS;
  for (;;) {
    // This process's own children are Node's to bury.
    for (const { pid, parent } of ended) if (parent !== process.pid) buryOrphan(pid);
    if (Date.now() > until || !ended.some(isRunning)) return;
    await sleep(PAUSE_MS);
  }
}

/**
 * The recorded namespaces that still stand: name → inode. One that somebody made anew under the name is not the lab's; a
 * file under the name that is no namespace (after a reboot) is, and is to be removed like one.
 */
export function standingNamespaces(recorded: Recorded): Map<string, number> {
  const standing = new Map<string, number>();
  for (const [name, inode] of recorded.namespaces) {
    const current = namespaceOf(`/run/netns/${name}`);
    if (current === undefined) continue;
    if (inode === undefined || inode === current || !namespaceStands(name)) standing.set(name, current);
  }
  return standing;
}

/**
 * The lab's processes: recorded ones, those that carry its mark, those in its namespaces, and what these have started,
 * unless it went back to the host's own namespace. Never the caller itself.
 */
export function holdersOf(recorded: Recorded, standing: ReadonlyMap<string, number>): ProcessFacts[] {
  const inodes = new Set(standing.values());
  const host = namespaceOf('/proc/1/ns/net');
  const isRecorded = (candidate: ProcessFacts) =>
    recorded.processes.some(({ pid, startTime }) => pid === candidate.pid && startTime === candidate.startTime);
  const isMarked = ({ pid }: ProcessFacts) =>
    recorded.mark !== undefined && environmentOf(pid, MARK_VARIABLE) === recorded.mark;
  const isMember = (candidate: ProcessFacts) =>
    inodes.has(candidate.netns) || isRecorded(candidate) || isMarked(candidate);
  const all = listProcesses();
  return withDescendants(all, isMember).filter(
    (candidate) => candidate.pid !== process.pid && (candidate.netns !== host || isMember(candidate)),
  );
}

/** Kills until a look finds nobody (a process may have started another while it was looked for). Resolves with all it killed. */
export async function endProcesses(recorded: Recorded, deadline: number): Promise<ProcessFacts[]> {
  const killed: ProcessFacts[] = [];
  for (;;) {
    const holders = holdersOf(recorded, standingNamespaces(recorded));
    if (holders.length === 0) return killed;
    if (Date.now() > deadline) {
      const pids = holders.map(({ pid }) => pid).join(', ');
      throw new LabError({
        what: 'the lab could not be removed',
        why: `processes do not end although they were killed: ${pids}`,
        remedy: 'look at them with `ps`, then run `podwire down` again',
      });
    }
    for (const holder of holders) signalProcess(holder, 'SIGKILL');
    killed.push(...holders);
    await sleep(PAUSE_MS);
  }
}
