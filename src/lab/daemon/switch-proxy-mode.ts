/** Changes the backend of kube-proxy on nodes of the running lab. */
import { IPVS_SCHEDULERS } from '../../objects/ipvs-scheduler.ts';
import { isProxyMode, PROXY_MODES } from '../../objects/proxy-mode.ts';
import { describeFullDisk, LabError } from '../lab-error.ts';
import { checkProxyTools } from '../preflight.ts';
import type { ProxySwitch, SwitchedNode } from '../proxy-switch.ts';
import type { Recorder } from '../record.ts';
import { chosenNodes } from './chosen-nodes.ts';
import type { RunningNode } from './start-nodes.ts';

/** What each node has then. Throws a `LabError`, naming the nodes that kept their former mode. */
export async function switchProxyMode(
  nodes: readonly RunningNode[],
  { mode, node, strict, scheduler }: ProxySwitch,
  recorder: Recorder,
): Promise<SwitchedNode[]> {
  if (!isProxyMode(mode))
    throw new LabError({
      what: `kube-proxy cannot change to mode "${mode}"`,
      why: `its modes are ${PROXY_MODES.join(', ')}`,
      remedy: `podwire proxy-mode ${PROXY_MODES[0]}`,
      exitCode: 2,
    });
  const chosen = chosenNodes(nodes, node, (name) => `podwire proxy-mode ${mode} --node ${name}`);
  if (scheduler !== undefined && !IPVS_SCHEDULERS.some((name) => name === scheduler))
    throw new LabError({
      what: `there is no IPVS scheduler "${scheduler}"`,
      why: `the kernel's are ${IPVS_SCHEDULERS.join(', ')}`,
      remedy: `podwire proxy-mode ${mode} --ipvs-scheduler rr`,
      exitCode: 2,
    });
  checkProxyTools(mode);
  refuseStopped(chosen, mode);
  // A daemon that takes over must know the mode before there is anything of it.
  recorder.write(
    chosen.map(({ plan, proxy }) => ({
      made: 'proxy-mode',
      node: plan.name,
      mode,
      scheduler: scheduler ?? proxy.scheduler,
    })),
  );
  const results = await Promise.allSettled(chosen.map(({ proxy }) => proxy.switchMode(mode, { scheduler, strict })));
  const failed = results.flatMap((result, index) =>
    result.status === 'rejected' ? [{ name: chosen[index]!.plan.name, cause: result.reason as unknown }] : [],
  );
  const [first] = failed;
  if (first !== undefined)
    recorder.write(
      chosen.map(({ plan, proxy: { mode: is, scheduler: by } }) => {
        return { made: 'proxy-mode', node: plan.name, mode: is, scheduler: by };
      }),
    );
  if (first === undefined) return chosen.map(switched);
  throw new LabError({
    what: `kube-proxy could not change to mode ${mode} on ${failed.map(({ name }) => name).join(', ')}`,
    why: first.cause instanceof Error ? first.cause.message : String(first.cause),
    remedy:
      describeFullDisk(first.cause)?.remedy ??
      '`podwire status` shows what each node has now; daemon.log in the lab’s folder under /run/podwire has the rest',
    cause: first.cause,
  });
}

/** Before anything is changed on the others. */
function refuseStopped(chosen: readonly RunningNode[], mode: string): void {
  const stopped = chosen.flatMap(({ plan, proxy }) => (proxy.isStopped ? [plan.name] : []));
  if (stopped.length === 0) return;
  throw new LabError({
    what: `kube-proxy cannot change to mode ${mode} on ${stopped.join(', ')}`,
    why: 'it is stopped there',
    remedy: `podwire kube-proxy start --node ${stopped[0]}, or choose another node with --node`,
  });
}

function switched({ plan, proxy }: RunningNode): SwitchedNode {
  const { mode, obstacle, departing } = proxy;
  return {
    name: plan.name,
    mode,
    ...(obstacle === undefined ? {} : { obstacle }),
    ...(departing === undefined ? {} : { departing }),
  };
}
