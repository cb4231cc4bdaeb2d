/** How a command on this host runs programs where a lab stands: here, or in its User-mode Linux. */
import { existsSync, readFileSync } from 'node:fs';
import type { Kernel } from '../kernel/kernel.ts';
import type { StateDirectory } from './state-directory.ts';

/** True for a lab in User-mode Linux. */
export function standsInGuest({ agentSocket }: StateDirectory): boolean {
  return existsSync(agentSocket);
}

/** The kernel the lab's namespaces are of, for observers. */
export async function kernelOf(directory: StateDirectory): Promise<Pick<Kernel, 'read' | 'spawn'>> {
  if (!standsInGuest(directory)) return new (await import('../kernel/linux-kernel.ts')).LinuxKernel();
  return new (await import('./uml/guest-kernel.ts')).GuestKernel(directory.agentSocket);
}

/** A file that the lab's daemon keeps. */
export async function readLabFile(directory: StateDirectory, file: 'journal' | 'log'): Promise<string> {
  if (!standsInGuest(directory)) return readFileSync(directory[file], 'utf8');
  const { stdout } = await (await kernelOf(directory)).read('', ['cat', directory[file]]);
  return stdout;
}

/** Runs a program where the lab stands, on this process's own terminal; resolves with its exit code. */
export async function attach(
  directory: StateDirectory,
  argv: readonly [string, ...string[]],
  env: NodeJS.ProcessEnv = process.env,
): Promise<number> {
  if (!standsInGuest(directory)) return await (await import('../kernel/program.ts')).runAttached(argv, env);
  return await (await import('./uml/attach.ts')).attachInGuest(directory.agentSocket, argv, env);
}
