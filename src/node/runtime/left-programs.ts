/**
 * Programs that a former daemon has left: finds them by their shims, gives their pipes to who takes them over, ends the rest.
 * (What a shim is says `scripts.ts`.) Looks at the machine's processes once, when first asked.
 */
import { readdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { Readable, type Writable } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Kernel, Pty } from '../../kernel/kernel.ts';
import { openAll } from '../../kernel/open-all.ts';
import { environmentOf, isRunning, listProcesses, namespaceOf, type ProcessFacts } from '../../kernel/processes.ts';
import type { ContainerSpec } from './container-runtime.ts';
import { pipeReader, pipeWriter } from './descriptor-streams.ts';
import { childOf, killProgram } from './host-process.ts';
import { SESSION_VARIABLE, sessionOf, TERMINAL_VARIABLE } from './program-start.ts';

/** Descriptors at which a shim holds the daemon's ends of its container's pipes. */
export const HELD = { stdout: 5, stderr: 6, stdin: 7, signal: 8 } as const;
/** At this one the keeper of a terminal holds it. */
const KEPT_TERMINAL = 3;
/** What a container ended with whose shim was killed. */
const KILLED_CODE = 137;
const PAUSE_MS = 2;

/** A container's program by its shim, and the daemon's ends of its pipes. */
export interface LeftProgram {
  /** 0: it has ended. */
  readonly shim: number;
  /** The code its tools ended with. */
  readonly exited: Promise<number>;
  readonly stdout: Readable;
  readonly stderr: Readable;
  readonly stdin: Writable | null;
  /** Of a container with one: our side of its terminal. */
  readonly terminal?: Pick<Pty, 'master' | 'resize'>;
}

export class LeftPrograms {
  readonly #kernel: Kernel;
  readonly #directory: string;
  #shims: ReadonlyMap<string, ProcessFacts> | undefined;

  /** `directory` holds one directory a container. */
  constructor(kernel: Kernel, directory: string) {
    this.#kernel = kernel;
    this.#directory = directory;
  }

  /** Ids of the containers that have left something: a program that runs, or the code it ended with. */
  ids(): string[] {
    try {
      return readdirSync(this.#directory);
    } catch (error) {
      // No program has been started yet.
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return [];
      throw error;
    }
  }

  /** The program of a container; undefined when it cannot be had any more: then nothing of it is left. */
  async take(spec: ContainerSpec): Promise<LeftProgram | undefined> {
    const { id } = spec;
    if (!this.ids().includes(id)) return undefined;
    const shim = this.#shimOf(id);
    const ended = this.#exitCode(id);
    if (shim === undefined && ended !== undefined) {
      return { shim: 0, exited: Promise.resolve(ended), stdout: nothing(), stderr: nothing(), stdin: null };
    }
    if (shim !== undefined) {
      try {
        if (!spec.tty) return this.#borrowPipes(id, shim.pid, spec.stdin && spec.stdinOnce !== true);
        const keeper = startedFor(this.#directory, TERMINAL_VARIABLE).get(id);
        if (keeper !== undefined) return this.#borrowTerminal(id, shim.pid, keeper.pid);
      } catch (error) {
        // It has ended meanwhile, or is another's.
        if ((error as NodeJS.ErrnoException).syscall === undefined) throw error;
      }
    }
    await this.end(id);
    return undefined;
  }

  /** Ends a program at once and removes what is left of it. */
  async end(id: string): Promise<void> {
    const shim = this.#shimOf(id);
    while (shim !== undefined && isRunning(shim)) {
      killProgram(this.#kernel, shim.pid);
      await sleep(PAUSE_MS);
    }
    rmSync(join(this.#directory, id), { recursive: true, force: true });
  }

  /** Ends programs that a former daemon ran in containers for clients, who are gone with it. */
  endSessions(): void {
    const own = sessionOf(this.#directory);
    for (const { pid } of listProcesses()) {
      const session = environmentOf(pid, SESSION_VARIABLE);
      if (session === undefined || session === own || !session.startsWith(`${this.#directory} `)) continue;
      this.#kernel.signal(childOf(pid) ?? pid, 'SIGKILL');
    }
  }

  #borrowPipes(id: string, shim: number, hasInput: boolean): LeftProgram {
    const { stdout, stderr, signal, stdin } = openAll((keep) => {
      const borrow = (fd: number) => keep(this.#kernel.borrowDescriptor(shim, fd));
      const outputs = { stdout: borrow(HELD.stdout), stderr: borrow(HELD.stderr), signal: borrow(HELD.signal) };
      return { ...outputs, stdin: hasInput ? borrow(HELD.stdin) : undefined };
    });
    return {
      shim,
      exited: this.#exitOf(id, signal),
      stdout: pipeReader(stdout),
      stderr: pipeReader(stderr),
      stdin: stdin === undefined ? null : pipeWriter(stdin),
    };
  }

  #borrowTerminal(id: string, shim: number, keeper: number): LeftProgram {
    const { stdout, signal, terminal } = openAll((keep) => {
      const borrow = (fd: number) => keep(this.#kernel.borrowDescriptor(shim, fd));
      const [stdout, signal] = [borrow(HELD.stdout), borrow(HELD.signal)];
      return { stdout, signal, terminal: this.#kernel.borrowPty(keeper, KEPT_TERMINAL) };
    });
    const exited = this.#exitOf(id, signal);
    return { shim, exited, stdout: pipeReader(stdout), stderr: nothing(), stdin: null, terminal };
  }

  /** The code a program ends with whose shim has the other end of `signal`. */
  #exitOf(id: string, signal: number): Promise<number> {
    // Its writers are the shim and the tool below it: the end of it is theirs.
    const life = pipeReader(signal);
    life.on('error', () => undefined);
    life.resume();
    return new Promise((resolve) => {
      life.once('close', () => resolve(this.#exitCode(id) ?? KILLED_CODE));
    });
  }

  #exitCode(id: string): number | undefined {
    try {
      const text = readFileSync(join(this.#directory, id, 'exit'), 'latin1').trim();
      return /^\d+$/.test(text) ? Number(text) : undefined;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
      throw error;
    }
  }

  #shimOf(id: string): ProcessFacts | undefined {
    this.#shims ??= startedFor(this.#directory, 'PODWIRE_TABLES');
    return this.#shims.get(id);
  }
}

function nothing(): Readable {
  return Readable.from([], { objectMode: false });
}

/**
 * By the id of a container in `directory` the process that was started for it with that variable: of several the uppermost. A
 * container's own programs, whose environment is their user's, are in PID namespaces of their own.
 */
function startedFor(directory: string, variable: string): Map<string, ProcessFacts> {
  const own = namespaceOf('/proc/self/ns/pid');
  const started = new Map<string, ProcessFacts>();
  const members = new Map<number, string>();
  const all = listProcesses();
  for (const { pid } of all) {
    const value = environmentOf(pid, variable);
    if (value?.startsWith(`${directory}/`) && namespaceOf(`/proc/${pid}/ns/pid`) === own)
      members.set(pid, value.slice(directory.length + 1));
  }
  for (const candidate of all) {
    const id = members.get(candidate.pid);
    if (id !== undefined && members.get(candidate.parent) !== id) started.set(id, candidate);
  }
  return started;
}
