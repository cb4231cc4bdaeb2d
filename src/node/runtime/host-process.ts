/** The process a tool like unshare or nsenter has forked: found in /proc, signalled by its pid. */
import { readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Kernel, KernelProcess } from '../../kernel/kernel.ts';
import { identifyProcess, listProcesses, namespaceOf } from '../../kernel/processes.ts';

/** So often in a row, a millisecond apart, no exec under way finds its environment empty. */
const LONG_EMPTY = 20;

/** The only child of `pid`, or undefined when it has none (yet, or any more). */
export function childOf(pid: number): number | undefined {
  try {
    const [child] = readFileSync(`/proc/${pid}/task/${pid}/children`, 'latin1').trim().split(' ');
    return child === undefined || child === '' ? undefined : Number(child);
  } catch (error) {
    // The process has ended.
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}

/**
 * Waits until the program itself runs as `pid`, and no longer one of the tools that start it: those carry the start's variables, which
 * the last of them clears. False when it has ended instead.
 */
export async function awaitProgram(pid: number): Promise<boolean> {
  for (let empty = 0; ; ) {
    let environment: string;
    try {
      environment = readFileSync(`/proc/${pid}/environ`, 'latin1');
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException;
      if (code === 'ENOENT' || code === 'ESRCH') return false;
      throw error;
    }
    if (environment !== '' && !environment.includes('PODWIRE_ENV_COUNT=')) return true;
    // Empty in the midst of an exec, when it has ended and is not yet waited for, and for a program that cleared its own.
    empty = environment === '' ? empty + 1 : 0;
    if (empty > 0 && identifyProcess(pid) === undefined) return false;
    if (empty > LONG_EMPTY) return true;
    await sleep(1);
  }
}

/** The program itself, below a container's shim and the tool that made its namespaces. */
export function programBelow(shim: number): number | undefined {
  const tool = childOf(shim);
  return tool === undefined ? undefined : childOf(tool);
}

/** Ends a container's program; its tool and its shim, which wait for it, end with it. Before there is one, the last there is. */
export function killProgram(kernel: Pick<Kernel, 'signal'>, shim: number): void {
  kernel.signal(programBelow(shim) ?? childOf(shim) ?? shim, 'SIGKILL');
}

/** Ends every process in a mount namespace (its inode), also those that are started meanwhile. */
export async function killMembers(kernel: Pick<Kernel, 'signal'>, mounts: number): Promise<void> {
  if (mounts === namespaceOf('/proc/self/ns/mnt')) throw new RangeError('not a mount namespace of a container');
  for (;;) {
    const members = listProcesses().filter(({ pid }) => namespaceOf(`/proc/${pid}/ns/mnt`) === mounts);
    if (members.length === 0) return;
    for (const { pid } of members) kernel.signal(pid, 'SIGKILL');
    await sleep(1);
  }
}

/**
 * Ends what a tool forked; the tool, which waits for it, ends with it. Were the tool ended too, its child would stay a zombie until the
 * machine's first process looks. A tool that has forked nothing (yet) is ended itself.
 */
export function killForked(kernel: Kernel, tool: KernelProcess): void {
  const child = childOf(tool.pid);
  if (child === undefined || !kernel.signal(child, 'SIGKILL')) tool.kill('SIGKILL');
}
