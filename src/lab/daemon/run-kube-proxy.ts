/** Stops and starts kube-proxy on nodes of the running lab. */
import { LabError } from '../lab-error.ts';
import type { ProxyRun } from '../proxy-switch.ts';
import { chosenNodes } from './chosen-nodes.ts';
import type { RunningNode } from './start-nodes.ts';

/** The nodes it is so on then. Throws a `LabError`. */
export async function runKubeProxy(nodes: readonly RunningNode[], { is, node }: ProxyRun): Promise<string[]> {
  const chosen = chosenNodes(
    nodes,
    node,
    (name) => `podwire kube-proxy ${is === 'stopped' ? 'stop' : 'start'} --node ${name}`,
  );
  const done = await Promise.allSettled(
    chosen.map(({ proxy }) => (is === 'stopped' ? proxy.stop() : proxy.startAgain())),
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
