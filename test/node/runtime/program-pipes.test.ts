import { readdirSync, readlinkSync } from 'node:fs';
import { expect, it } from 'vitest';
import type { Kernel } from '../../../src/kernel/kernel.ts';
import { openPipe, systemError } from '../../../src/kernel/libc.ts';
import { RecordingKernel } from '../../../src/kernel/recording-kernel.ts';
import type { ContainerSpec } from '../../../src/node/runtime/container-runtime.ts';
import { execSession } from '../../../src/node/runtime/exec-session.ts';
import { startStreams } from '../../../src/node/runtime/program-streams.ts';

/** Opens this many pipes, then no more; starts nothing. */
class PoorKernel extends RecordingKernel {
  pipes = 0;
  readonly opened = new Set<string>();

  override openPipe(): ReturnType<Kernel['openPipe']> {
    if (this.pipes === 0) throw systemError('pipe2', 24);
    this.pipes -= 1;
    const pipe = openPipe();
    this.opened.add(linkOf(pipe.readEnd));
    return pipe;
  }

  override spawn(): never {
    throw systemError('spawn', 24);
  }
}

function linkOf(fd: number | string): string {
  try {
    return readlinkSync(`/proc/self/fd/${fd}`);
  } catch {
    return ''; // the listing's own, closed again
  }
}

const launch = { argv: ['true'], env: {} } as const;
const spec = (tty: boolean) => ({ id: 'one', tty, stdin: true }) as unknown as ContainerSpec;
const starts: [string, (kernel: Kernel) => unknown][] = [
  ['a program in a container', (kernel) => execSession(kernel, launch, 'true', { stdin: true, tty: false })],
  ['a container with pipes', (kernel) => startStreams(kernel, '', launch, spec(false), '/tables')],
  ['a container with a terminal', (kernel) => startStreams(kernel, '', launch, spec(true), '/tables')],
];

it.each(starts.flatMap(([what, start]) => [0, 1, 2, 3, 9].map((pipes) => ({ what, start, pipes }))))(
  '$what that cannot be started for want of descriptors, after $pipes pipes, leaves none open',
  ({ start, pipes }) => {
    const kernel = new PoorKernel();
    kernel.pipes = pipes;
    expect(() => start(kernel)).toThrow('EMFILE');
    expect(kernel.opened.size).toBeGreaterThanOrEqual(Math.min(pipes, 3));
    expect(readdirSync('/proc/self/fd').filter((fd) => kernel.opened.has(linkOf(fd)))).toEqual([]);
  },
);
