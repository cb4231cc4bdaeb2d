/** Stops and starts kube-proxy on nodes of the running lab. */
import { LabError } from '../lab-error.ts';
import type { ProxyRun } from '../proxy-switch.ts';
import { chosenNodes } from './chosen-nodes.ts';
import type { RunningNode } from './start-nodes.ts';
import { withDeadline } from './with-deadline.ts';

/** A node that does not reach the API waits for it, however long. */
const PATIENCE_MS = 20_000;

/** The nodes it is so on then. Throws a `LabError`; then those that were too slow go on starting. */
export async function runKubeProxy(
  nodes: readonly RunningNode[],
  { is, node }: ProxyRun,
  patienceMs: number = PATIENCE_MS,
): Promise<string[]> {
  const chosen = chosenNodes(
    nodes,
    node,
    (name) => `podwire kube-proxy ${is === 'stopped' ? 'stop' : 'start'} --node ${name}`,
  );
  const done = await withDeadline(
    Promise.allSettled(chosen.map(({ proxy }) => (is === 'stopped' ? proxy.stop() : proxy.startAgain()))),
    patienceMs,
    () => {
      const late = chosen.filter(({ proxy }) => proxy.isStopped === (is === 'running')).map(({ plan }) => plan.name);
      return new LabError({
        what: `kube-proxy is not yet ${is} on ${late.join(', ')}`,
        why: `it is still at it after ${patienceMs / 1000} s: the node may not reach the API`,
        remedy: '`podwire link` shows whether the node is cut off; once it is not, kube-proxy goes on by itself',
      });
    },
  );
  const failed = chosen.filter((_, index) => done[index]!.status === 'rejected');
  const reason = done.find((result) => result.status === 'rejected')?.reason as unknown;
  if (failed.length > 0)
    throw new LabError({
      what: `kube-proxy is not ${is} on ${failed.map(({ plan }) => plan.name).join(', ')}`,
      why: reason instanceof Error ? reason.message : String(reason),
      remedy: 'daemon.log in the lab’s folder under /run/podwire has the rest; `podwire status` shows every node',
      cause: reason,
    });
  return chosen.map(({ plan }) => plan.name);
}
