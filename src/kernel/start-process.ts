/** Starts a program where this process itself stands; needs no native library, so that a program in a pod may use it. */
import { spawn } from 'node:child_process';
import type { KernelProcess, Netns, SpawnOptions } from './kernel.ts';
import { KernelError } from './kernel-error.ts';

/** Starts the program; throws a `KernelError`, which names `netns`, when it cannot be started at all. */
export function startProcess(
  argv: readonly [string, ...string[]],
  options: SpawnOptions = {},
  netns: Netns = '',
): KernelProcess {
  const [file, ...args] = argv;
  const child = spawn(file, args, {
    stdio: [...(options.stdio ?? ['pipe', 'pipe', 'pipe'])],
    ...(options.env === undefined ? {} : { env: { ...options.env } }),
    ...(options.cwd === undefined ? {} : { cwd: options.cwd }),
    detached: options.detached ?? false,
  });
  const exited = new Promise<Awaited<KernelProcess['exited']>>((resolve) => {
    child.once('close', (code, signal) => resolve({ code, signal }));
  });
  // A start that fails shows by the missing pid; a signal to a process just gone is no failure.
  child.on('error', () => undefined);
  // A reader that leaves early (`head`) is the reader's affair.
  child.stdin?.on('error', () => undefined);
  if (child.pid === undefined) {
    throw new KernelError({
      netns,
      tool: file,
      line: argv.join(' '),
      stderr: `cannot start ${file}: not found or not executable`,
    });
  }
  return {
    pid: child.pid,
    stdin: child.stdin,
    stdout: child.stdout,
    stderr: child.stderr,
    exited,
    kill: (signal) => void child.kill(signal),
  };
}
