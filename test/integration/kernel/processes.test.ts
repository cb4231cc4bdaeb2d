import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, statSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import {
  environmentOf,
  identifyProcess,
  isRunning,
  listProcesses,
  namespaceOf,
  signalProcess,
  withDescendants,
} from '../../../src/kernel/processes.ts';

const started: ChildProcess[] = [];
// With all that they have started: what lives on holds this process's standard error, for whose end vitest waits.
afterEach(() => {
  for (const { pid, signalCode } of started.splice(0)) if (signalCode === null) process.kill(-pid!, 'SIGKILL');
});

/** A process that has printed a line, in a process group of its own. */
async function start(script: string, env: NodeJS.ProcessEnv = process.env): Promise<number> {
  const child = spawn('sh', ['-c', script], { stdio: ['ignore', 'pipe', 'inherit'], env, detached: true });
  started.push(child);
  await once(child.stdout!, 'data');
  return child.pid!;
}

describe('processes', () => {
  it('are known by pid and start time: a later one of the same pid is another', async () => {
    const identity = identifyProcess(await start('echo up; sleep 100'))!;
    expect(isRunning(identity)).toBe(true);
    expect(isRunning({ ...identity, startTime: identity.startTime + 1 })).toBe(false);
    expect(signalProcess({ ...identity, startTime: identity.startTime + 1 }, 'SIGKILL')).toBe(false);
    expect(isRunning(identity)).toBe(true);
  });

  it('that are killed are gone, also while nobody has waited for them', async () => {
    const pid = await start('sleep 0.01 & echo $!; exec sleep 100');
    const identity = identifyProcess(pid)!;
    signalProcess(identity, 'SIGKILL');
    while (isRunning(identity)) await new Promise((resolve) => setImmediate(resolve));
    expect(signalProcess(identity, 'SIGKILL')).toBe(false);
  });

  it('may have any name, brackets and spaces among it', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'podwire-name-'));
    const path = join(folder, ') S 1 (');
    symlinkSync('/bin/sh', path);
    try {
      const child = spawn(path, ['-c', 'echo up; read line'], { stdio: ['pipe', 'pipe', 'inherit'], detached: true });
      started.push(child);
      await once(child.stdout!, 'data');
      expect(readFileSync(`/proc/${child.pid}/comm`, 'utf8')).toBe(') S 1 (\n');
      expect(listProcesses().find(({ pid }) => pid === child.pid)!.parent).toBe(process.pid);
    } finally {
      rmSync(folder, { recursive: true });
    }
  });

  it('are listed with their network namespace and what they started', async () => {
    const pid = await start('sleep 100 & unshare --net sh -c "echo up; sleep 100"');
    const all = listProcesses();
    const family = withDescendants(all, (candidate) => candidate.pid === pid);
    expect(family.length).toBeGreaterThanOrEqual(3);
    const own = statSync('/proc/self/ns/net').ino;
    expect(family.filter(({ netns }) => netns === own).length).toBeGreaterThanOrEqual(2);
    expect(family.filter(({ netns }) => netns !== own).length).toBeGreaterThanOrEqual(1);
  });

  it('show the environment they were started with', async () => {
    const pid = await start('echo up; sleep 100', { ...process.env, PODWIRE_TEST: 'a=b' });
    expect(environmentOf(pid, 'PODWIRE_TEST')).toBe('a=b');
    expect(environmentOf(pid, 'PODWIRE')).toBeUndefined();
  });

  it('that do not exist have no identity, namespace or environment', () => {
    expect(identifyProcess(2 ** 30)).toBeUndefined();
    expect(namespaceOf('/proc/1073741824/ns/net')).toBeUndefined();
    expect(environmentOf(2 ** 30, 'PATH')).toBeUndefined();
  });
});
