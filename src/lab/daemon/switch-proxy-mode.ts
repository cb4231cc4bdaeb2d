/** Changes the backend of kube-proxy on nodes of the running lab. */
import { isOffered, OFFERED_PROXY_MODES } from '../../objects/proxy-mode.ts';
import { LabError } from '../lab-error.ts';
import { checkProxyTools } from '../preflight.ts';
import type { Recorder } from '../record.ts';
import type { RunningNode } from './start-nodes.ts';

/** The nodes that have the mode now; `node` undefined: all. Throws a `LabError`, naming the nodes that kept their former mode. */
export async function switchProxyMode(
  nodes: readonly RunningNode[],
  mode: string,
  node: string | undefined,
  recorder: Recorder,
): Promise<string[]> {
  if (!isOffered(mode))
    throw new LabError({
      what: `kube-proxy cannot change to mode "${mode}"`,
      why: `it is not offered yet; there are ${OFFERED_PROXY_MODES.join(', ')}`,
      remedy: `podwire proxy-mode ${OFFERED_PROXY_MODES[0]}`,
      exitCode: 2,
    });
  const chosen = nodes.filter(({ plan }) => node === undefined || plan.name === node);
  if (chosen.length === 0)
    throw new LabError({
      what: `there is no node "${node}"`,
      why: `the lab's nodes are ${nodes.map(({ plan }) => plan.name).join(', ')}`,
      remedy: `podwire proxy-mode ${mode} --node ${nodes[0]!.plan.name}`,
      exitCode: 2,
    });
  checkProxyTools(mode);
  // A daemon that takes over must know the mode before there is anything of it.
  recorder.write(chosen.map(({ plan }) => ({ made: 'proxy-mode', node: plan.name, mode })));
  const results = await Promise.allSettled(chosen.map(({ proxy }) => proxy.switchMode(mode)));
  const failed = results.flatMap((result, index) =>
    result.status === 'rejected' ? [{ name: chosen[index]!.plan.name, cause: result.reason as unknown }] : [],
  );
  const [first] = failed;
  if (first !== undefined)
    recorder.write(chosen.map(({ plan, proxy }) => ({ made: 'proxy-mode', node: plan.name, mode: proxy.mode })));
  if (first === undefined) return chosen.map(({ plan }) => plan.name);
  throw new LabError({
    what: `kube-proxy could not change to mode ${mode} on ${failed.map(({ name }) => name).join(', ')}`,
    why: first.cause instanceof Error ? first.cause.message : String(first.cause),
    remedy:
      '`podwire status` shows what each node has now; daemon.log in the lab’s folder under /run/podwire has the rest',
    cause: first.cause,
  });
}
