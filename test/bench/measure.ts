/** Repeats what is measured, within bounds of number and time, and leaves nothing behind. */
import type { LinuxKernel } from '../../src/kernel/linux-kernel.ts';
import type { BenchmarkContext } from './benchmark.ts';

export interface Rounds {
  readonly most: number;
  /** No new round starts after this many milliseconds; the first always runs. */
  readonly budgetMs: number;
}

/** Times several ways in turns, so that a slow moment of the machine meets all of them alike. */
export async function inTurns(
  context: BenchmarkContext,
  rounds: Rounds,
  ways: Readonly<Record<string, () => Promise<number>>>,
): Promise<Record<string, number[]>> {
  const times: Record<string, number[]> = Object.fromEntries(Object.keys(ways).map((label) => [label, []]));
  const begin = performance.now();
  const most = context.isTrial ? 1 : rounds.most;
  for (let round = 0; round < most; round += 1) {
    if (round > 0 && performance.now() - begin >= rounds.budgetMs) break;
    for (const [label, way] of Object.entries(ways)) {
      context.signal.throwIfAborted();
      times[label]!.push(await way());
    }
  }
  return times;
}

/** Milliseconds `action` takes. */
export async function timed(action: () => Promise<unknown>): Promise<number> {
  const start = performance.now();
  await action();
  return performance.now() - start;
}

/** Runs `action` with fresh namespaces, deleted whatever happens. */
export async function withNamespaces<T>(
  kernel: LinuxKernel,
  names: readonly string[],
  action: () => Promise<T>,
): Promise<T> {
  await kernel.createNamespaces(names);
  try {
    return await action();
  } finally {
    await kernel.deleteNamespaces(names);
  }
}
