/**
 * A lab for one test: built under a name of its own, always removed, and looked after for leaks.
 *
 *   await withLab({ nodes: 2 }, async (lab) => { … lab.exec('node-1', ['ip', 'addr']) … });
 */
import { expect } from 'vitest';
import { isRunning, type ProcessIdentity } from '../../../src/kernel/processes.ts';
import { down } from '../../../src/lab/down.ts';
import type { LabHandle } from '../../../src/lab/lab-handle.ts';
import { upLab } from '../../../src/lab/open-lab.ts';
import { readRecord } from '../../../src/lab/record.ts';
import { stateDirectory } from '../../../src/lab/state-directory.ts';
import { holdersOf, standingNamespaces } from '../../../src/lab/tear-down.ts';
import type { UpOptions } from '../../../src/lab/up.ts';
import { hostNetworkFacts, tracesOf } from './host-facts.ts';

let count = 0;

/** A lab name that no other test has: it holds this process's pid. */
export function uniqueLabName(): string {
  count += 1;
  return `t${process.pid}-${count}`;
}

/** Builds a lab, runs `body`, removes the lab whatever happened, and fails when anything of it is left or the host has changed. */
export async function withLab<T>(options: UpOptions, body: (lab: LabHandle) => Promise<T>): Promise<T> {
  const name = options.name ?? uniqueLabName();
  return await leavingNothing(name, async () => {
    const lab = await upLab({ ...options, name });
    try {
      return await body(lab);
    } finally {
      lab.close();
    }
  });
}

/** Runs `body`, which may build the lab `name` and leave it in any state; removes it and looks for leaks. */
export async function leavingNothing<T>(name: string, body: () => Promise<T>): Promise<T> {
  const before = hostNetworkFacts();
  let result: T;
  let processes: ProcessIdentity[];
  try {
    result = await body();
  } finally {
    processes = processesOf(name);
    await down(name);
  }
  expectNothingLeft(name, processes);
  expect(hostNetworkFacts()).toEqual(before);
  return result;
}

/** Fails when a namespace, file, mount or process of the lab is left; `processes` are those it had. */
export function expectNothingLeft(name: string, processes: readonly ProcessIdentity[]): void {
  expect(tracesOf(name)).toEqual([]);
  expect(processes.filter(isRunning)).toEqual([]);
}

/** The processes that stand in the lab's namespaces now, its daemon's own included. (A namespace's inode is soon given to another.) */
export function processesOf(name: string): ProcessIdentity[] {
  const recorded = readRecord(stateDirectory(name).record);
  return holdersOf(recorded, standingNamespaces(recorded)).map(({ pid, startTime }) => ({ pid, startTime }));
}
