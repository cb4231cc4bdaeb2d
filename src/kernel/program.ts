/**
 * Programs that stand beside the lab: the daemon the launcher leaves behind, and a program that takes the user's
 * terminal. (What runs *in* a namespace of the lab goes through `Kernel.spawn`.)
 */
import { type ChildProcess, type StdioOptions, spawn } from 'node:child_process';
import { constants } from 'node:os';

/** The shell's exit code for a program that is not there. */
export const NOT_FOUND = 127;
/** The shell's exit code for one that is there but cannot be started. */
export const NOT_EXECUTABLE = 126;

/**
 * Starts a Node program in a network namespace of its own from its first instruction, as the leader of a session of
 * its own, with an IPC channel. `output` (a file descriptor) takes what it prints.
 */
export function startIsolated(
  argv: readonly string[],
  options: { readonly env: NodeJS.ProcessEnv; readonly output: number },
): ChildProcess {
  return spawn('unshare', [...userNamespace('current'), '--net', '--', process.execPath, ...argv], {
    cwd: '/',
    detached: true,
    env: options.env,
    stdio: ['ignore', options.output, options.output, 'ipc'],
  });
}

/** What unshare(1) needs besides for a user who may not make other namespaces: one of users, where they are `current` or `root`. */
export function userNamespace(as: 'current' | 'root'): string[] {
  return process.geteuid?.() === 0 ? [] : ['--user', `--map-${as}-user`];
}

/** Starts a Node program that outlives this process; what it prints is read here, what it complains of goes to `errors` (a descriptor). */
export function startBeside(
  argv: readonly string[],
  { env, errors }: { readonly env: NodeJS.ProcessEnv; readonly errors: number },
): ChildProcess {
  return spawn(process.execPath, argv, { cwd: '/', detached: true, env, stdio: ['ignore', 'pipe', errors] });
}

/** Starts a program that ends with this process or before; `stdio` as Node has it. */
export function startAttendant(argv: readonly [string, ...string[]], stdio: StdioOptions): ChildProcess {
  const [file, ...args] = argv;
  return spawn(file, args, { stdio });
}

/** Starts a Node program that outlives this process and shares its output. */
export function startDetached(argv: readonly string[]): void {
  spawn(process.execPath, argv, { detached: true, stdio: ['ignore', 'inherit', 'inherit'] }).unref();
}

/**
 * Runs a program on this process's own terminal until it ends; resolves with its exit code (128 + n for signal n, 127 and
 * 126 as a shell has them). Ctrl-C reaches the program, which decides what it means.
 */
export function runAttached(
  argv: readonly [string, ...string[]],
  env: NodeJS.ProcessEnv = process.env,
): Promise<number> {
  const ignore = () => undefined;
  process.on('SIGINT', ignore);
  process.on('SIGQUIT', ignore);
  return new Promise<number>((resolve) => {
    const [file, ...args] = argv;
    const child = spawn(file, args, { stdio: 'inherit', env });
    child.on('error', (error: NodeJS.ErrnoException) => resolve(error.code === 'ENOENT' ? NOT_FOUND : NOT_EXECUTABLE));
    child.on('exit', (code, signal) => resolve(code ?? 128 + constants.signals[signal!]));
  }).finally(() => {
    process.off('SIGINT', ignore);
    process.off('SIGQUIT', ignore);
  });
}
