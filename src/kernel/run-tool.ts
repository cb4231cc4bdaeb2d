/** Runs one tool to its end inside a namespace. The process is started within the window, so it inherits the namespace. */
import { execa } from 'execa';
import type { Invocation } from './invocation.ts';
import type { Netns, ReadResult } from './kernel.ts';
import { KernelError } from './kernel-error.ts';
import { within } from './namespace-window.ts';

/** Runs a synchronous action in some namespace. */
export type Window = <T>(action: () => T) => T;

/** The result whatever the exit code; a tool that is not there (or cannot be started) is a `KernelError`. */
export function runTool(netns: Netns, invocation: Invocation): Promise<ReadResult> {
  return runToolIn((start) => within(netns, start), netns, invocation);
}

/** `runTool` by way of a window of the caller's own; `netns` is what errors say. */
export async function runToolIn(window: Window, netns: Netns, { argv, stdin }: Invocation): Promise<ReadResult> {
  const [file, ...args] = argv;
  const result = await window(() => ({
    // In an object: the window refuses promises, since their work would go on outside. Here only the start matters.
    running: execa(file, args, {
      ...(stdin === undefined ? { stdin: 'ignore' } : { input: stdin }),
      reject: false,
      stripFinalNewline: false,
      // Rule sets of ten thousand Services are long.
      maxBuffer: 1 << 30,
      env: { LC_ALL: 'C' },
    }),
  })).running;
  if (result.exitCode === undefined) {
    const stderr =
      result.code === 'ENOENT'
        ? `${file} is not installed (podwire check names the package)`
        : (result.originalMessage ?? result.shortMessage ?? `ended by ${result.signal}`);
    throw new KernelError({ netns, tool: file, line: argv.join(' '), stderr, cause: result.cause });
  }
  return { stdout: result.stdout, stderr: result.stderr, exitCode: result.exitCode };
}
