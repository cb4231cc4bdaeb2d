/** A program run in a container besides its own (`kubectl exec`), with pipes or a terminal, as an ExecSession. */
import { closeSync } from 'node:fs';
import { constants } from 'node:os';
import { Writable } from 'node:stream';
import type { ExecSession } from '../../api/kubelet-connector.ts';
import type { Kernel, KernelProcess } from '../../kernel/kernel.ts';
import { openAll } from '../../kernel/open-all.ts';
import { pipeReader, pipeWriter, terminalOutput, terminalStream } from './descriptor-streams.ts';
import { killForked } from './host-process.ts';
import { withPipes } from './program-pipes.ts';
import type { Launch } from './program-start.ts';
import { withholdComplaints } from './tool-complaints.ts';

const DEFAULT_SIZE = { columns: 80, rows: 24 };
const END_OF_TRANSMISSION = '\x04';

export interface ExecOptions {
  readonly stdin: boolean;
  readonly tty: boolean;
  /** PID 1 of the container, as the host counts: the terminal is one of the container's own. Absent: one of the host's. */
  readonly initPid?: number;
}

/** Starts `launch` (which enters the container itself). `program` is the first word of the user's command. */
export function execSession(
  kernel: Kernel,
  launch: Launch,
  program: string,
  { stdin, tty, initPid }: ExecOptions,
): ExecSession {
  return tty ? onTerminal(kernel, launch, program, initPid) : onPipes(kernel, launch, program, stdin);
}

/** 128 + signal when a signal ended the program, as a shell says it. */
export function exitCodeOf({ code, signal }: Awaited<KernelProcess['exited']>): number {
  return code ?? 128 + constants.signals[signal ?? 'SIGKILL'];
}

/** What is typed into a terminal; the end of it is typed too, and does not close the terminal. */
export function terminalInput(terminal: Writable): Writable {
  const send = (data: Buffer | string, done: () => void) => {
    if (terminal.destroyed) done();
    else terminal.write(data, () => done());
  };
  return new Writable({
    write: (chunk: Buffer, _encoding, done) => send(chunk, done),
    final: (done) => send(END_OF_TRANSMISSION, done),
  });
}

/** The part of an attached session in a container's standard input: its end is the input's only when `once`. */
export function attachedInput(input: Writable, once: boolean): Writable {
  return new Writable({
    write: (chunk: Buffer, _encoding, done) => {
      if (input.writable) input.write(chunk, () => done());
      else done();
    },
    final: (done) => {
      if (once) input.end();
      done();
    },
  });
}

function onPipes(kernel: Kernel, launch: Launch, program: string, stdin: boolean): ExecSession {
  const { input, out, err, child } = withPipes(kernel, (pipes) => {
    const [input, out, err] = [stdin ? pipes.input() : undefined, pipes.output(), pipes.output()];
    const stdio = [input?.theirs ?? 'ignore', out.theirs, err.theirs] as const;
    return { input, out, err, child: kernel.spawn('', launch.argv, { env: launch.env, stdio }) };
  });
  const errors = withholdComplaints(pipeReader(err.ours), child.exited.then(exitCodeOf), program);
  return {
    stdin: input === undefined ? null : pipeWriter(input.ours),
    stdout: pipeReader(out.ours),
    stderr: errors.stream,
    resize: () => undefined,
    exit: errors.exit,
    kill: () => killForked(kernel, child),
  };
}

function onTerminal(kernel: Kernel, launch: Launch, program: string, initPid?: number): ExecSession {
  const place = initPid === undefined ? undefined : { pid: initPid, directory: 'dev/pts' };
  const { pty, child } = openAll((keep) => {
    const pty = kernel.openPty(DEFAULT_SIZE, place);
    keep(pty.master);
    try {
      const stdio = [pty.slave, pty.slave, pty.slave] as const;
      return { pty, child: kernel.spawn('', launch.argv, { env: launch.env, stdio }) };
    } finally {
      closeSync(pty.slave);
    }
  });
  const terminal = terminalStream(pty.master);
  const output = withholdComplaints(terminalOutput(terminal), child.exited.then(exitCodeOf), program);
  return {
    stdin: terminalInput(terminal),
    stdout: output.stream,
    stderr: null,
    resize: (size) => {
      // A window resized after the program has ended has no terminal any more.
      if (!terminal.destroyed) pty.resize(size);
    },
    exit: output.exit,
    kill: () => killForked(kernel, child),
  };
}
