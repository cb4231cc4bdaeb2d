/**
 * A lab for one test: built under a name of its own, always removed, and looked after for leaks.
 *
 *   await withLab({ nodes: 2 }, async (lab) => { … lab.exec('node-1', ['ip', 'addr']) … });
 */
import { statSync } from 'node:fs';
import { expect } from 'vitest';
import { down } from '../../../src/lab/down.ts';
import type { LabHandle } from '../../../src/lab/lab-handle.ts';
import { upLab } from '../../../src/lab/open-lab.ts';
import { readRecord } from '../../../src/lab/record.ts';
import { stateDirectory } from '../../../src/lab/state-directory.ts';
import type { UpOptions } from '../../../src/lab/up.ts';
import { foreignNamespaceProcesses, hostNetworkFacts, namespaceOf, tracesOf } from './host-facts.ts';

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
  let inodes: number[];
  try {
    result = await body();
  } finally {
    inodes = namespacesOf(name);
    await down(name);
  }
  expectNothingLeft(name, inodes);
  expect(hostNetworkFacts()).toEqual(before);
  return result;
}

/** Fails when a namespace, file, mount or process of the lab is left; `inodes` are the namespaces it had. */
export function expectNothingLeft(name: string, inodes: readonly number[]): void {
  expect(tracesOf(name)).toEqual([]);
  const standing = foreignNamespaceProcesses();
  expect(inodes.flatMap((inode) => standing.get(inode) ?? [])).toEqual([]);
}

/** The namespaces a lab has now: its named ones and its daemon's own. */
export function namespacesOf(name: string): number[] {
  const { namespaces, processes } = readRecord(stateDirectory(name).record);
  const host = statSync('/proc/self/ns/net').ino;
  const inodes = [...namespaces.values(), ...processes.map(({ pid }) => namespaceOf(pid))];
  return [...new Set(inodes.filter((inode) => inode !== undefined && inode !== host))] as number[];
}
