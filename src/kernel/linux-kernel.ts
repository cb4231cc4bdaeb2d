/** The real kernel: composes the window, the tools and the sockets, and keeps the journal. Decides nothing. */
import { borrowDescriptor } from './borrow-descriptor.ts';
import type { Invocation } from './invocation.ts';
import { failingLine, hasFailed, invocationOf } from './invocation.ts';
import { forThisKernel } from './iptables-variant.ts';
import type {
  Batch,
  Journal,
  JournalEntry,
  Kernel,
  KernelProcess,
  Netns,
  Pty,
  ReadResult,
  SpawnOptions,
  TerminalPlace,
  TerminalSize,
} from './kernel.ts';
import { KernelError } from './kernel-error.ts';
import { openPipe } from './libc.ts';
import { namespaceSockets } from './namespace-sockets.ts';
import { namespaceExists, namespaceInode, within } from './namespace-window.ts';
import {
  additionOf,
  deletionOf,
  IPV6_OFF,
  IPV6_QUIET,
  raiseLoopback,
  refuseTaken,
  removeNamespaces,
} from './namespaces.ts';
import { applyOps } from './netlink/apply-ops.ts';
import { openWithin } from './open-within.ts';
import { runTool } from './run-tool.ts';
import { spawnProcess } from './spawn-process.ts';
import { writeSysctls } from './sysctl.ts';
import { borrowPty, openPty } from './terminal.ts';

export interface LinuxKernelOptions {
  readonly journal?: Journal;
  /** Called, and awaited, before namespaces are made: what is made is recorded before it is made. */
  readonly onCreate?: (names: readonly Netns[]) => void | Promise<void>;
}

export class LinuxKernel implements Kernel {
  readonly sockets = namespaceSockets;
  readonly #options: LinuxKernelOptions;

  constructor(options: LinuxKernelOptions = {}) {
    this.#options = options;
  }

  async createNamespaces(names: readonly Netns[], options: { readonly ipv6?: boolean } = {}): Promise<void> {
    if (names.length === 0) return;
    refuseTaken(names);
    await this.#options.onCreate?.(names);
    await this.#perform('', 'netns', additionOf(names));
    const values = options.ipv6 === true ? IPV6_QUIET : IPV6_OFF;
    for (const name of names) await this.#apply(name, { tool: 'sysctl', values, optional: true });
    raiseLoopback(names);
    for (const name of names) this.#note(name, 'ip', { argv: ['ip', 'link', 'set', 'dev', 'lo', 'up'] });
  }

  async deleteNamespaces(names: readonly Netns[]): Promise<void> {
    const present = names.filter(namespaceExists);
    if (present.length === 0) return;
    await removeNamespaces(present);
    this.#note('', 'netns', deletionOf(present));
  }

  namespaceInode(name: Netns): number {
    return namespaceInode(name);
  }

  async run(netns: Netns, batches: readonly Batch[]): Promise<void> {
    for (const batch of batches) await this.#apply(netns, batch);
  }

  async read(netns: Netns, argv: readonly [string, ...string[]], stdin?: string): Promise<ReadResult> {
    return await runTool(netns, await forThisKernel(stdin === undefined ? { argv } : { argv, stdin }));
  }

  spawn(netns: Netns, argv: readonly [string, ...string[]], options: SpawnOptions = {}): KernelProcess {
    return spawnProcess(netns, argv, options);
  }

  within<T>(netns: Netns, action: () => T): T {
    return within(netns, action);
  }

  openPty(size: TerminalSize, place?: TerminalPlace): Pty {
    return openPty(size, place);
  }

  borrowPty(pid: number, fd: number): Pick<Pty, 'master' | 'resize'> {
    return borrowPty(pid, fd);
  }

  openPipe(): { readonly readEnd: number; readonly writeEnd: number } {
    return openPipe();
  }

  borrowDescriptor(pid: number, fd: number): number {
    return borrowDescriptor(pid, fd);
  }

  openWithin(directory: string, path: string): number {
    return openWithin(directory, path);
  }

  signal(pid: number, signal: NodeJS.Signals): boolean {
    // 0 and negative numbers name groups of processes, the caller's own among them.
    if (!Number.isInteger(pid) || pid <= 1) throw new RangeError(`not the pid of a process: ${pid}`);
    try {
      return process.kill(pid, signal);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ESRCH') return false;
      throw error;
    }
  }

  async #apply(netns: Netns, batch: Batch): Promise<void> {
    if (batch.tool === 'sysctl') {
      writeSysctls(netns, batch.values, batch.optional ?? false);
      this.#note(netns, 'sysctl', invocationOf(batch), batch.optional);
      return;
    }
    const invocation = invocationOf(batch);
    if (invocation.stdin === '') return;
    if (batch.tool === 'ip' || batch.tool === 'bridge') {
      await this.#applyOps(netns, batch, invocation);
      return;
    }
    await this.#perform(netns, batch.tool, invocation, batch.tool === 'command' && batch.allowFailure);
  }

  /** By netlink as far as that goes, the rest by the tool. The journal has the lines that say the same. */
  async #applyOps(
    netns: Netns,
    batch: Extract<Batch, { tool: 'ip' | 'bridge' }>,
    invocation: Invocation,
  ): Promise<void> {
    const done = within(netns, () => applyOps(batch.ops));
    if (done === batch.ops.length) this.#note(netns, batch.tool, invocation);
    else if (done === 0) await this.#perform(netns, batch.tool, invocation);
    else {
      const lines = invocation.stdin!.split('\n');
      const part = (some: readonly string[]) => ({ ...invocation, stdin: some.join('\n') });
      this.#note(netns, batch.tool, part([...lines.slice(0, done), '']));
      await this.#perform(netns, batch.tool, part(lines.slice(done)));
    }
  }

  async #perform(netns: Netns, tool: JournalEntry['tool'], wanted: Invocation, allowFailure = false): Promise<void> {
    const invocation = await forThisKernel(wanted);
    const result = await runTool(netns, invocation);
    const failed = hasFailed(invocation, result);
    this.#note(netns, tool, invocation, allowFailure || failed);
    if (!failed || allowFailure) return;
    const { stderr } = result;
    throw new KernelError({ netns, tool: invocation.argv[0], line: failingLine(invocation, stderr), stderr });
  }

  #note(netns: Netns, tool: JournalEntry['tool'], { argv, stdin }: Invocation, mayFail = false): void {
    this.#options.journal?.append({
      at: Date.now(),
      netns,
      tool,
      argv,
      ...(stdin === undefined ? {} : { stdin }),
      ...(mayFail ? { mayFail } : {}),
    });
  }
}
