import { type ChildProcess, spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, openSync, readdirSync, readlinkSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { systemError } from '../../../src/kernel/libc.ts';
import { RecordingKernel } from '../../../src/kernel/recording-kernel.ts';
import type { ContainerSpec } from '../../../src/node/runtime/container-runtime.ts';
import { LeftPrograms } from '../../../src/node/runtime/left-programs.ts';
import { TERMINAL_VARIABLE } from '../../../src/node/runtime/program-start.ts';

let directory: string;
let left: ChildProcess[];

/** Lends this many descriptors, then no more. */
class LendingKernel extends RecordingKernel {
  lends = 0;

  override borrowDescriptor(): number {
    if (this.lends === 0) throw systemError('pidfd_getfd', 24);
    this.lends -= 1;
    return openSync(join(directory, 'lent'), 'r');
  }

  override borrowPty(): { master: number; resize(): void } {
    return { master: this.borrowDescriptor(), resize: () => undefined };
  }

  override signal(pid?: number): boolean {
    return process.kill(pid!, 'SIGKILL');
  }
}

/** How many descriptors this process has that were lent. */
function lent(): number {
  return readdirSync('/proc/self/fd').filter((fd) => {
    try {
      return readlinkSync(`/proc/self/fd/${fd}`) === join(directory, 'lent');
    } catch {
      return false; // the directory itself, closed again
    }
  }).length;
}

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'podwire-left-'));
  writeFileSync(join(directory, 'lent'), '');
  const tables = join(directory, 'containers/one');
  mkdirSync(tables, { recursive: true });
  left = ['PODWIRE_TABLES', TERMINAL_VARIABLE].map((name) => spawn('sleep', ['100'], { env: { [name]: tables } }));
});

afterEach(() => {
  for (const child of left) child.kill('SIGKILL');
  rmSync(directory, { recursive: true, force: true });
});

it.each([
  ['pipes', 0, false],
  ['pipes', 1, false],
  ['pipes', 3, false],
  ['a terminal', 1, true],
  ['a terminal', 2, true],
])(
  'a program whose %s cannot all be had, only %i, is given up, and no descriptor with it',
  async (_what, lends, tty) => {
    const kernel = new LendingKernel();
    kernel.lends = lends;
    const spec = { id: 'one', stdin: true, tty } as unknown as ContainerSpec;
    expect(await new LeftPrograms(kernel, join(directory, 'containers')).take(spec)).toBeUndefined();
    expect(kernel.lends).toBe(0);
    expect(lent()).toBe(0);
  },
);
