/** Takes a lab's nodes out of the cluster they joined. */
import { existsSync } from 'node:fs';
import { NODES } from '../../objects/resource.ts';
import { hasReason } from '../../objects/transport.ts';
import { readPlan } from '../find-lab.ts';
import type { StateDirectory } from '../state-directory.ts';

const DEADLINE_MS = 5_000;

/**
 * Reads, while the lab's files stand, what is to be done once its processes have ended: deletes its Nodes. Undefined for a lab with an
 * API server of its own. The function rejects when the API server cannot be told.
 */
export async function planLeaving(directory: StateDirectory): Promise<(() => Promise<void>) | undefined> {
  if (!existsSync(directory.plan)) return undefined;
  const { remote, nodes } = readPlan(directory);
  if (remote === undefined) return undefined;
  const { loadKubeconfig } = await import('../../client/kubeconfig.ts');
  const { RemoteTransport } = await import('../../client/remote-transport.ts');
  const { connection } = await loadKubeconfig(directory.kubeconfig);
  return async () => {
    const transport = new RemoteTransport({ ...connection, deadlineMs: DEADLINE_MS });
    for (const { name } of nodes) {
      try {
        await transport.delete(NODES, { name });
      } catch (error) {
        if (!hasReason(error, 'NotFound')) throw error;
      }
    }
  };
}
