/**
 * Runs one tool to its end inside a namespace. The process is started within the window, so it inherits the namespace.
 */
import type { Invocation } from './invocation.ts';
import type { Netns, ReadResult } from './kernel.ts';
import { KernelError } from './kernel-error.ts';
import { within } from './namespace-window.ts';
import { startTool } from './spawn-tool.ts';

/** Runs a synchronous action in some namespace. */
export type Window = <T>(action: () => T) => T;

/** The result whatever the exit code; a tool that is not there (or cannot be started) is a `KernelError`. */
export function runTool(netns: Netns, invocation: Invocation): Promise<ReadResult> {
  return runToolIn((start) => within(netns, start), netns, invocation);
}

/** `runTool` by way of a window of the caller's own; `netns` is what errors say. */
export async function runToolIn(window: Window, netns: Netns, { argv, stdin }: Invocation): Promise<ReadResult> {
  const failed = (stderr: string, cause?: unknown) =>
    new KernelError({ netns, tool: argv[0], line: argv.join(' '), stderr, cause });
  const { exitCode, signal, stdout, stderr } = await window(() => start(argv, stdin, failed)).ended;
  if (exitCode === undefined) throw failed(`ended by signal ${signal}`);
  return { stdout, stderr, exitCode };
}

/** Programs speak English, whatever the user's language: what they say is read. */
function start(argv: Invocation['argv'], stdin: string | undefined, failed: (stderr: string, cause: unknown) => Error) {
  try {
    return startTool(argv, { ...process.env, LC_ALL: 'C' }, stdin);
  } catch (error) {
    const isMissing = (error as NodeJS.ErrnoException).code === 'ENOENT';
    throw failed(isMissing ? `${argv[0]} is not installed (podwire check names the package)` : String(error), error);
  }
}
