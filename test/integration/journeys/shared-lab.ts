/** One lab for all tests of a file, looked after for leaks at the end; and the few things every journey does with it. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect } from 'vitest';
import { down } from '../../../src/lab/down.ts';
import type { LabHandle } from '../../../src/lab/lab-handle.ts';
import { upLab } from '../../../src/lab/open-lab.ts';
import type { UpOptions } from '../../../src/lab/up.ts';
import { expectNothingLeft, processesOf, uniqueLabName } from '../lab/fixture.ts';
import { hostNetworkFacts } from '../lab/host-facts.ts';

export const ROOT = join(import.meta.dirname, '../../..');

/** Builds the lab before the file's tests and removes it behind them; the result gives it. */
export function sharedLab(options: UpOptions | (() => UpOptions) = {}): () => LabHandle {
  const name = uniqueLabName();
  let lab: LabHandle | undefined;
  let before: string[] = [];
  beforeAll(async () => {
    before = hostNetworkFacts();
    lab = await upLab({ ...(typeof options === 'function' ? options() : options), name });
  });
  afterAll(async () => {
    const processes = processesOf(name);
    lab?.close();
    await down(name);
    expectNothingLeft(name, processes);
    expect(hostNetworkFacts()).toEqual(before);
  });
  return () => {
    if (lab === undefined) throw new Error(`the lab ${name} did not come up`);
    return lab;
  };
}

/** kubectl that must succeed; its standard output. */
export async function kubectl(lab: LabHandle, args: readonly string[], stdin?: string): Promise<string> {
  const { exitCode, stdout, stderr } = await lab.kubectl(args, stdin);
  expect({ args, exitCode, stderr: exitCode === 0 ? '' : stderr }).toEqual({ args, exitCode: 0, stderr: '' });
  return stdout;
}

/** kubectl that must fail; its standard error. */
export async function refusal(lab: LabHandle, args: readonly string[], stdin?: string): Promise<string> {
  const { exitCode, stdout, stderr } = await lab.kubectl(args, stdin);
  expect({ args, exitCode, stdout }).toEqual({ args, exitCode: 1, stdout: '' });
  return stderr;
}

/** The path of a manifest of the source documents. */
export function source(file: string): string {
  return join(ROOT, 'test/fixtures/sources', file);
}

export function sourceText(file: string): string {
  return readFileSync(source(file), 'utf8');
}

/** Runs a program where `target` stands; it must end with 0. Its standard output. */
export async function run(lab: LabHandle, target: string, ...argv: [string, ...string[]]): Promise<string> {
  const { exitCode, stdout, stderr } = await lab.exec(target, argv, { timeoutMs: 30_000 });
  expect({ target, argv, exitCode, stderr: exitCode === 0 ? '' : stderr }).toEqual({
    ...{ target, argv, exitCode: 0, stderr: '' },
  });
  return stdout;
}

/** The names of the pods that answered `count` requests to `url`; every request must be answered. */
export async function answering(lab: LabHandle, from: string, url: string, count = 24): Promise<string[]> {
  const loop = `for i in $(seq ${count}); do curl -sS -m 5 ${url} || exit 1; done`;
  const output = await run(lab, from, 'sh', '-c', loop);
  return [...new Set([...output.matchAll(/^pod: (\S+)/gm)].map(([, pod]) => pod!))].sort();
}

/** Names of the pods with that label, sorted. */
export async function podsOf(lab: LabHandle, selector: string, namespace = 'default'): Promise<string[]> {
  const names = await kubectl(lab, ['get', 'pods', '-n', namespace, '-l', selector, '-o', 'name']);
  return names
    .split('\n')
    .filter((name) => name !== '')
    .map((name) => name.replace('pod/', ''))
    .sort();
}
