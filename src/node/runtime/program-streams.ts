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
  const signal = kernel.openPipe();
  const start = (stdio: [number | 'ignore', number, number], held: (number | 'ignore')[]): Shim => {
    const options = { env: launch.env, stdio: [...stdio, signal.writeEnd, ...held] } as const;
    const { pid, exited } = kernel.spawn(netns, launch.argv, options);
    closeSync(signal.writeEnd);
    return { pid, exited: exited.then(exitCodeOf) };
  };
  const streams = spec.tty
    ? onTerminal(kernel, netns, tables, signal.readEnd, start)
    : { ...onPipes(kernel, spec, signal.readEnd, start), openTerminal: () => undefined };
  return { ...streams, signal: pipeReader(signal.readEnd) };
}

/** Those of a program that a former daemon has left. */
export function leftStreams({ shim, exited, stdout, stderr, stdin, terminal }: LeftProgram): ProgramStreams {
  const own = { shim: { pid: shim, exited } };
  if (terminal === undefined) return { ...own, stdin, stdout, errors: stderr, terminal };
  const taken = new ContainerTerminal(stdout);
  taken.take(terminal);
  return { ...own, stdin: taken.input, stdout: undefined, errors: taken.output, terminal: taken };
}

type Start = (stdio: [number | 'ignore', number, number], held: (number | 'ignore')[]) => Shim;

function onPipes(kernel: Kernel, spec: ContainerSpec, signal: number, start: Start): ProgramStreams {
  const [input, out, err] = [spec.stdin ? kernel.openPipe() : undefined, kernel.openPipe(), kernel.openPipe()];
  // Input that ends with its first session ends with the daemon, too.
  const held = spec.stdinOnce === true ? undefined : input?.writeEnd;
  const shim = start(
    [input?.readEnd ?? 'ignore', out.writeEnd, err.writeEnd],
    ['ignore', out.readEnd, err.readEnd, held ?? 'ignore', signal],
  );
  for (const fd of [input?.readEnd, out.writeEnd, err.writeEnd]) if (fd !== undefined) closeSync(fd);
  return {
    shim,
    stdin: input === undefined ? null : pipeWriter(input.writeEnd),
    stdout: pipeReader(out.readEnd),
    errors: pipeReader(err.readEnd),
    terminal: undefined,
  };
}

/** The shim cannot hold a terminal that is opened after it has been started, so that has a keeper, which ends with the shim. */
function onTerminal(kernel: Kernel, netns: Netns, tables: string, signal: number, start: Start) {
  const [tools, name, life] = [kernel.openPipe(), kernel.openPipe(), kernel.openPipe()];
  const shim = start(
    ['ignore', tools.writeEnd, tools.writeEnd],
    [name.readEnd, tools.readEnd, 'ignore', 'ignore', signal, life.writeEnd],
  );
  for (const fd of [tools.writeEnd, name.readEnd, life.writeEnd]) closeSync(fd);
  const terminal = new ContainerTerminal(pipeReader(tools.readEnd));
  const naming = pipeWriter(name.writeEnd);
  const openTerminal = (initPid: number | undefined): void => {
    const opened = initPid === undefined ? undefined : terminal.open(kernel, initPid);
    const { master } = terminal;
    if (master !== undefined) {
      const env = { [TERMINAL_VARIABLE]: tables };
      kernel.spawn(netns, ['sh', '-c', 'read -r _'], { env, stdio: [life.readEnd, 'ignore', 'ignore', master] });
    }
    closeSync(life.readEnd);
    // Without a name the container ends at once.
    naming.end(opened === undefined ? '' : `${opened}\n`);
  };
  return { shim, stdin: terminal.input, stdout: undefined, errors: terminal.output, terminal, openTerminal };
}
