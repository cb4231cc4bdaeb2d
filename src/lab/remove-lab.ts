/** Removes a lab: its nodes leave the cluster they joined, if they did, and what `tearDown` removes. The caller holds the lab's lock. */
import type { Kernel } from '../kernel/kernel.ts';
import { planLeaving } from './join/leave-cluster.ts';
import { stateDirectory } from './state-directory.ts';
import { tearDown } from './tear-down.ts';

/** `onNote` takes what could not be done elsewhere; here nothing is left in any case. */
export async function removeLab(
  name: string,
  kernel: Pick<Kernel, 'deleteNamespaces'>,
  onNote: (text: string) => void,
): Promise<void> {
  const note = (error: unknown) =>
    onNote(
      `its nodes could not be taken out of their cluster: ${(error as Error).message}; kubectl delete node does it`,
    );
  const leave = await planLeaving(stateDirectory(name)).catch(note);
  await tearDown(name, kernel);
  await leave?.().catch(note);
}
