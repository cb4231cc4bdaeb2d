/**
 * A kernel that only writes down: it keeps every command as the text a shell would run, for golden tests and for
 * showing what will run. Reads are answered by a function of the test's; what needs a real kernel (sockets, terminals)
 * is refused.
 */
import { type Invocation, invocationOf } from './invocation.ts';
import type { Batch, Kernel, KernelProcess, NamespaceSockets, Netns, Pty, ReadResult, SpawnOptions } from './kernel.ts';
import { KernelError } from './kernel-error.ts';
import { additionOf, deletionOf } from './namespaces.ts';
import { shellCommand } from './shell-text.ts';

/** Answers a read: what the tool would print. */
export type Answer = (netns: Netns, argv: readonly string[], stdin?: string) => ReadResult;

const NOTHING: ReadResult = { stdout: '', stderr: '', exitCode: 0 };

export class RecordingKernel implements Kernel {
  readonly #answer: Answer;
  readonly #inodes = new Map<Netns, number>();
  #nextInode = 4026532000;
  #text = '';

  constructor(answer: Answer = () => NOTHING) {
    this.#answer = answer;
  }

  /** Every command so far, as shell text. */
  dump(): string {
    return this.#text;
  }

  /** Every command since the last call, as shell text. */
  take(): string {
    const text = this.#text;
    this.#text = '';
    return text;
  }

  async createNamespaces(names: readonly Netns[]): Promise<void> {
    for (const name of names) {
      if (this.#inodes.has(name)) throw missing(name, 'a network namespace of that name exists already');
    }
    for (const name of names) this.#inodes.set(name, this.#nextInode++);
    this.#record('', additionOf(names));
  }

  async deleteNamespaces(names: readonly Netns[]): Promise<void> {
    const present = names.filter((name) => this.#inodes.delete(name));
    if (present.length > 0) this.#record('', deletionOf(present));
  }

  namespaceInode(name: Netns): number {
    const inode = this.#inodes.get(name);
    if (inode === undefined) throw missing(name, 'no network namespace of that name');
    return inode;
  }

  async run(netns: Netns, batches: readonly Batch[]): Promise<void> {
    for (const batch of batches) this.#record(netns, invocationOf(batch));
  }

  async read(netns: Netns, argv: readonly [string, ...string[]], stdin?: string): Promise<ReadResult> {
    return this.#answer(netns, argv, stdin);
  }

  spawn(netns: Netns, argv: readonly [string, ...string[]], _options?: SpawnOptions): KernelProcess {
    this.#record(netns, { argv }, ' &');
    let end: (result: { code: number | null; signal: NodeJS.Signals | null }) => void;
    const exited = new Promise<Awaited<KernelProcess['exited']>>((resolve) => {
      end = resolve;
    });
    const kill = (signal: NodeJS.Signals = 'SIGTERM') => end({ code: null, signal });
    return { pid: 0, stdin: null, stdout: null, stderr: null, exited, kill };
  }

  within<T>(_netns: Netns, action: () => T): T {
    return action();
  }

  openPty(): Pty {
    throw new Error('the recording kernel has no terminals');
  }

  borrowPty(): Pick<Pty, 'master' | 'resize'> {
    throw new Error('the recording kernel has no terminals');
  }

  openWithin(): number {
    throw new Error('the recording kernel has no files');
  }

  openPipe(): { readonly readEnd: number; readonly writeEnd: number } {
    throw new Error('the recording kernel has no pipes');
  }

  borrowDescriptor(): number {
    throw new Error('the recording kernel has no processes');
  }

  signal(): boolean {
    return false;
  }

  get sockets(): NamespaceSockets {
    throw new Error('the recording kernel has no sockets');
  }

  #record(netns: Netns, invocation: Invocation, suffix = ''): void {
    if (invocation.stdin !== '') this.#text += shellCommand(netns, invocation, suffix);
  }
}

function missing(netns: Netns, stderr: string): KernelError {
  return new KernelError({ netns, tool: 'ip', line: `netns ${netns}`, stderr });
}
