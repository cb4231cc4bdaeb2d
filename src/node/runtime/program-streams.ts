/**
 * What connects the daemon with a container's program: pipes, or a terminal. Starts the shim so that the daemon's ends of them are held
 * when the daemon dies (`HELD`), or takes them over from what a former daemon has left.
 */
import { closeSync } from 'node:fs';
import type { Readable, Writable } from 'node:stream';
import type { Kernel, Netns } from '../../kernel/kernel.ts';
import type { ContainerSpec } from './container-runtime.ts';
import { ContainerTerminal } from './container-terminal.ts';
import { pipeReader, pipeWriter } from './descriptor-streams.ts';
import { exitCodeOf } from './exec-session.ts';
import type { LeftProgram } from './left-programs.ts';
import { type ProgramPipe, withPipes } from './program-pipes.ts';
import { type Launch, TERMINAL_VARIABLE } from './program-start.ts';

/** What a container's program runs under. */
export interface Shim {
  /** 0 when it had ended before it was taken over. */
  readonly pid: number;
  /** The code its tools ended with: 128 + signal. */
  readonly exited: Promise<number>;
}

export interface ProgramStreams {
  readonly shim: Shim;
  readonly stdin: Writable | null;
  /** What the program writes to its standard output; undefined with a terminal, where all goes one way. */
  readonly stdout: Readable | undefined;
  /** What the tools that make the container complain of, and then the program's standard error, or its terminal. */
  readonly errors: Readable;
  readonly terminal: ContainerTerminal | undefined;
}

/** Those of a program that has just been started, and what its making goes on with. */
export interface StartedStreams extends ProgramStreams {
  /** Lines on it tell how far the container is. */
  readonly signal: Readable;
  /** Opens the terminal in the container with this PID 1 and tells it the name; nothing without a terminal. */
  openTerminal(initPid: number | undefined): void;
}

/** Starts `launch`, the shim with all below it. `tables` is the container's directory. */
export function startStreams(
  kernel: Kernel,
  netns: Netns,
  launch: Launch,
  spec: ContainerSpec,
  tables: string,
): StartedStreams {
  const start: Start = (signal, stdio, held) => {
    const options = { env: launch.env, stdio: [...stdio, signal.theirs, ...held] } as const;
    const { pid, exited } = kernel.spawn(netns, launch.argv, options);
    return { pid, exited: exited.then(exitCodeOf) };
  };
  return spec.tty ? onTerminal(kernel, netns, tables, start) : onPipes(kernel, spec, start);
}

/** Those of a program that a former daemon has left. */
export function leftStreams({ shim, exited, stdout, stderr, stdin, terminal }: LeftProgram): ProgramStreams {
  const own = { shim: { pid: shim, exited } };
  if (terminal === undefined) return { ...own, stdin, stdout, errors: stderr, terminal };
  const taken = new ContainerTerminal(stdout);
  taken.take(terminal);
  return { ...own, stdin: taken.input, stdout: undefined, errors: taken.output, terminal: taken };
}

/** Starts the shim; `signal` is the pipe that tells how far the container is. */
type Start = (signal: ProgramPipe, stdio: [number | 'ignore', number, number], held: (number | 'ignore')[]) => Shim;

function onPipes(kernel: Kernel, spec: ContainerSpec, start: Start): StartedStreams {
  const { shim, signal, input, out, err } = withPipes(kernel, (pipes) => {
    const [signal, out, err] = [pipes.output(), pipes.output(), pipes.output()];
    const input = spec.stdin ? pipes.input() : undefined;
    // Input that ends with its first session ends with the daemon, too.
    const held = spec.stdinOnce === true ? undefined : input?.ours;
    const shim = start(
      signal,
      [input?.theirs ?? 'ignore', out.theirs, err.theirs],
      ['ignore', out.ours, err.ours, held ?? 'ignore', signal.ours],
    );
    return { shim, signal, input, out, err };
  });
  return {
    shim,
    stdin: input === undefined ? null : pipeWriter(input.ours),
    stdout: pipeReader(out.ours),
    errors: pipeReader(err.ours),
    terminal: undefined,
    signal: pipeReader(signal.ours),
    openTerminal: () => undefined,
  };
}

/** The shim cannot hold a terminal that is opened after it has been started, so that has a keeper, which ends with the shim. */
function onTerminal(kernel: Kernel, netns: Netns, tables: string, start: Start): StartedStreams {
  const { shim, signal, tools, name, life } = withPipes(kernel, (pipes) => {
    const [signal, tools, name, life] = [pipes.output(), pipes.output(), pipes.input(), pipes.output()];
    const shim = start(
      signal,
      ['ignore', tools.theirs, tools.theirs],
      [name.theirs, tools.ours, 'ignore', 'ignore', signal.ours, life.theirs],
    );
    return { shim, signal, tools, name, life };
  });
  const terminal = new ContainerTerminal(pipeReader(tools.ours));
  const naming = pipeWriter(name.ours);
  const openTerminal = (initPid: number | undefined): void => {
    const opened = initPid === undefined ? undefined : terminal.open(kernel, initPid);
    const { master } = terminal;
    if (master !== undefined) {
      const env = { [TERMINAL_VARIABLE]: tables };
      kernel.spawn(netns, ['sh', '-c', 'read -r _'], { env, stdio: [life.ours, 'ignore', 'ignore', master] });
    }
    closeSync(life.ours);
    // Without a name the container ends at once.
    naming.end(opened === undefined ? '' : `${opened}\n`);
  };
  const { input: stdin, output: errors } = terminal;
  return { shim, stdin, stdout: undefined, errors, terminal, signal: pipeReader(signal.ours), openTerminal };
}
