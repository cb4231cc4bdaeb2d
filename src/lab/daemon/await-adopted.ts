/**
 * Stage of an adoption: waits until what ran before runs again. Unlike after a build nothing here is an error: a pod that
 * cannot be started, or a DNS that its user has broken, must not keep the lab without a daemon.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import type { DaemonContext } from './daemon-context.ts';
import { componentLogger } from './logger.ts';
import type { RunningNode } from './start-nodes.ts';

const DEADLINE_MS = 10_000;

/** Resolves when every kubelet has looked after its pods and every kube-proxy has its rules, at the latest after ten seconds. */
export async function awaitAdopted({ timings }: DaemonContext, nodes: readonly RunningNode[]): Promise<void> {
  const settled = async () => {
    await Promise.all(nodes.map(({ kubelet }) => kubelet.settled()));
    await Promise.all(nodes.map(({ proxy }) => proxy.programmed()));
    return 'settled' as const;
  };
  await timings.measure('pods', async () => {
    const outcome = await Promise.race([settled(), sleep(DEADLINE_MS, 'late' as const, { ref: false })]);
    if (outcome === 'settled') return;
    componentLogger('adoption').warn(`some pods are not yet as they were after ${DEADLINE_MS / 1000} s`);
  });
}
