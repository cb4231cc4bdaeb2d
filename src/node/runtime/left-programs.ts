/**
 * Programs that a former daemon has left: finds them by their shims, gives their pipes to who takes them over, ends the rest.
 * (What a shim is says `scripts.ts`.) Looks at the machine's processes once, when first asked.
 */
import { readdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { Readable, type Writable } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Kernel } from '../../kernel/kernel.ts';
import { environmentOf, isRunning, listProcesses, type ProcessFacts } from '../../kernel/processes.ts';
import type { ContainerSpec } from './container-runtime.ts';
import { pipeReader, pipeWriter } from './descriptor-streams.ts';
import { childOf, killProgram } from './host-process.ts';
import { SESSION_VARIABLE, sessionOf } from './program-start.ts';

/** Descriptors at which a shim holds the daemon's ends of its container's pipes. */
export const HELD = { stdout: 5, stderr: 6, stdin: 7, signal: 8 } as const;
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
  async take({ id, tty, stdin, stdinOnce }: ContainerSpec): Promise<LeftProgram | undefined> {
    if (!this.ids().includes(id)) return undefined;
    const shim = this.#shimOf(id);
    const ended = this.#exitCode(id);
    if (shim === undefined && ended !== undefined) {
      const nothing = () => Readable.from([], { objectMode: false });
      return { shim: 0, exited: Promise.resolve(ended), stdout: nothing(), stderr: nothing(), stdin: null };
    }
    // A terminal ended with the daemon that held it.
    if (shim !== undefined && !tty) {
      try {
        return this.#borrow(id, shim.pid, stdin && stdinOnce !== true);
      } catch (error) {
        // It has ended meanwhile, or its shim is another's.
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

  #borrow(id: string, shim: number, hasInput: boolean): LeftProgram {
    const borrow = (fd: number) => this.#kernel.borrowDescriptor(shim, fd);
    const [stdout, stderr, signal] = [borrow(HELD.stdout), borrow(HELD.stderr), borrow(HELD.signal)];
    const stdin = hasInput ? pipeWriter(borrow(HELD.stdin)) : null;
    // Its writers are the shim and the tool below it: the end of it is theirs.
    const life = pipeReader(signal);
    const exited = new Promise<number>((resolve) => {
      life.once('close', () => resolve(this.#exitCode(id) ?? KILLED_CODE));
    });
    life.on('error', () => undefined);
    life.resume();
    return { shim, exited, stdout: pipeReader(stdout), stderr: pipeReader(stderr), stdin };
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
    this.#shims ??= findShims(this.#directory);
    return this.#shims.get(id);
  }
}

/** The shims of the containers in `directory`, by id: of the processes that were started with its variable the uppermost. */
function findShims(directory: string): Map<string, ProcessFacts> {
  const shims = new Map<string, ProcessFacts>();
  const members = new Map<number, string>();
  const all = listProcesses();
  for (const { pid } of all) {
    const tables = environmentOf(pid, 'PODWIRE_TABLES');
    if (tables?.startsWith(`${directory}/`)) members.set(pid, tables.slice(directory.length + 1));
  }
  for (const candidate of all) {
    const id = members.get(candidate.pid);
    if (id !== undefined && members.get(candidate.parent) !== id) shims.set(id, candidate);
  }
  return shims;
}
