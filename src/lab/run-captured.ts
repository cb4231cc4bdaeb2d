/** Runs a program to its end and keeps what it printed. */
import { text } from 'node:stream/consumers';
import type { Kernel } from '../kernel/kernel.ts';
import { listProcesses, signalProcess, withDescendants } from '../kernel/processes.ts';
import { LabError } from './lab-error.ts';
import type { ExecResult } from './lab-handle.ts';

export interface CaptureOptions {
  readonly stdin?: string;
  readonly timeoutMs?: number;
  readonly env?: NodeJS.ProcessEnv;
  readonly cwd?: string;
  /** At `timeoutMs` what the program has started is killed too (a program of this host): it would go on, and hold its output. */
  readonly killsDescendants?: boolean;
}

/** The exit code is 128 + 9 for a program that was killed. Throws a `LabError` when `timeoutMs` has passed. */
export async function runCaptured(
  kernel: Pick<Kernel, 'spawn'>,
  argv: readonly [string, ...string[]],
  options: CaptureOptions,
): Promise<ExecResult> {
  const program = kernel.spawn('', argv, {
    ...(options.env === undefined ? {} : { env: definedOnly(options.env) }),
    ...(options.cwd === undefined ? {} : { cwd: options.cwd }),
  });
  program.stdin!.end(options.stdin ?? '');
  let timedOut = false;
  const timer = setTimeout(
    () => {
      timedOut = true;
      const family = options.killsDescendants ? withDescendants(listProcesses(), ({ pid }) => pid === program.pid) : [];
      program.kill('SIGKILL');
      for (const each of family) signalProcess(each, 'SIGKILL');
    },
    options.timeoutMs ?? 2 ** 31 - 1,
  );
  try {
    const [stdout, stderr, { code }] = await Promise.all([
      text(program.stdout!),
      text(program.stderr!),
      program.exited,
    ]);
    if (timedOut)
      throw new LabError({
        what: `${argv.join(' ')} did not end`,
        why: `it was given ${options.timeoutMs} ms`,
        remedy: 'look whether what it talks to answers',
      });
    return { exitCode: code ?? 137, stdout, stderr };
  } finally {
    clearTimeout(timer);
  }
}

function definedOnly(env: NodeJS.ProcessEnv): Record<string, string> {
  return Object.fromEntries(Object.entries(env).filter((entry): entry is [string, string] => entry[1] !== undefined));
}
