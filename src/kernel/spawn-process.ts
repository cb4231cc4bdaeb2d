/** Starts long-lived processes inside a namespace: no nsenter between, the pid is the program's own. */
import type { KernelProcess, Netns, SpawnOptions } from './kernel.ts';
import { within } from './namespace-window.ts';
import { startProcess } from './start-process.ts';

/** Starts the program; throws a `KernelError` when it cannot be started at all. */
export function spawnProcess(netns: Netns, argv: readonly [string, ...string[]], options: SpawnOptions): KernelProcess {
  return within(netns, () => startProcess(argv, options, netns));
}
