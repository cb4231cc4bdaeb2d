/** In the guest: a program as a client on the host asked for it, on a terminal, pipes, or some of both. */
import { closeSync, existsSync } from 'node:fs';
import type { Readable, Writable } from 'node:stream';
import type { Kernel, KernelProcess, TerminalSize } from '../../kernel/kernel.ts';
import { pipeReader, pipeWriter, terminalOutput, terminalStream } from '../../node/runtime/descriptor-streams.ts';
import { terminalInput } from '../../node/runtime/exec-session.ts';
import type { RunRequest } from './agent-protocol.ts';

export interface GuestProgram {
  /** Null where it has none. */
  readonly input: Writable | null;
  /** What the terminal shows, or standard output. */
  readonly output: Readable | null;
  readonly errors: Readable | null;
  readonly ended: KernelProcess['exited'];
  resize(size: TerminalSize): void;
  signal(signal: NodeJS.Signals): void;
}

type Starter = Pick<Kernel, 'spawn' | 'openPty' | 'openPipe'>;

const DEFAULT_SIZE = { columns: 80, rows: 24 };

/** Starts it. Throws when it cannot be started. */
export function startProgram(kernel: Starter, request: RunRequest): GuestProgram {
  const { netns, cwd, env, stdio } = request;
  const [input, output, errors] = stdio;
  const pty = stdio.includes('terminal') ? kernel.openPty(request.size ?? DEFAULT_SIZE) : undefined;
  const pipes = [input, output, errors].map((kind) => (kind === 'pipe' ? kernel.openPipe() : undefined));
  const [inPipe, outPipe, errPipe] = pipes;
  // Real pipes, and the program's end of each: what it leaves behind in the background keeps nobody waiting.
  const own = [inPipe?.readEnd, outPipe?.writeEnd, errPipe?.writeEnd];
  const standard = (index: 0 | 1 | 2) => (stdio[index] === 'terminal' ? pty!.slave : (own[index] ?? 'ignore'));
  const program = attempt(
    () =>
      kernel.spawn(netns, input === 'terminal' ? ['setsid', '--ctty', ...request.argv] : request.argv, {
        stdio: [standard(0), standard(1), standard(2)],
        cwd: existsSync(cwd) ? cwd : '/',
        ...(env === undefined ? {} : { env }),
      }),
    [inPipe?.writeEnd, outPipe?.readEnd, errPipe?.readEnd, pty?.master],
    [...own, pty?.slave],
  );
  const terminal = pty === undefined ? undefined : terminalStream(pty.master);
  const shown = terminal === undefined ? undefined : terminalOutput(terminal);
  const piped = (pipe: typeof outPipe) => (pipe === undefined ? undefined : pipeReader(pipe.readEnd));
  const typed = input === 'terminal' && terminal !== undefined ? terminalInput(terminal) : undefined;
  return {
    input: typed ?? (inPipe === undefined ? null : pipeWriter(inPipe.writeEnd)),
    output: (output === 'terminal' ? shown : piped(outPipe)) ?? null,
    errors: (errors === 'terminal' && output !== 'terminal' ? shown : piped(errPipe)) ?? null,
    ended: program.exited,
    resize: (size) => {
      if (terminal?.destroyed === false) pty!.resize(size);
    },
    signal: (signal) => program.kill(signal),
  };
}

/** Runs `start`; the program's ends are closed in any case, ours when it fails. */
function attempt<T>(start: () => T, ours: readonly (number | undefined)[], its: readonly (number | undefined)[]): T {
  const close = (fds: readonly (number | undefined)[]) => {
    for (const fd of fds) if (fd !== undefined) closeSync(fd);
  };
  try {
    return start();
  } catch (error) {
    close(ours);
    throw error;
  } finally {
    close(its);
  }
}
