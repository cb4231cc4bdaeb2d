/** The process a tool like unshare or nsenter has forked: found in /proc, signalled by its pid. */
import { readFileSync } from 'node:fs';
import type { Kernel, KernelProcess } from '../../kernel/kernel.ts';

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

/** Ends a tool and what it forked. */
export function killWithChild(kernel: Kernel, tool: KernelProcess): void {
  const child = childOf(tool.pid);
  if (child !== undefined) kernel.signal(child, 'SIGKILL');
  tool.kill('SIGKILL');
}
