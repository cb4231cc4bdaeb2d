/** What the daemon answers on its socket, from the parts of the running lab. */
import type { RunningControllers } from '../../controllers/start-controllers.ts';
import { probeCapabilities } from '../../kernel/capabilities.ts';
import type { NodeKubelets } from '../../node/node-kubelets.ts';
import type { Transport } from '../../objects/transport.ts';
import { type ExecTarget, onHost } from '../exec-target.ts';
import { LabError } from '../lab-error.ts';
import type { LabPlan } from '../plan-lab.ts';
import type { Recorder } from '../record.ts';
import { netnsOfPod } from '../snapshot.ts';
import type { DaemonServices } from './daemon-socket.ts';
import type { LabLinks } from './lab-links.ts';
import type { LabObserver } from './observe-lab.ts';
import { resolveTarget } from './resolve-target.ts';
import { runKubeProxy } from './run-kube-proxy.ts';
import { showProxyMode } from './show-proxy-mode.ts';
import type { RunningNode } from './start-nodes.ts';
import { switchProxyMode } from './switch-proxy-mode.ts';
import { withDeadline } from './with-deadline.ts';

export interface LabParts {
  readonly plan: LabPlan;
  readonly observer: LabObserver;
  readonly kubelets: NodeKubelets;
  readonly nodes: readonly RunningNode[];
  readonly controllers: RunningControllers;
  readonly recorder: Recorder;
  readonly links: LabLinks;
  readonly transport: Transport;
}

/** The services of one lab. */
export function daemonServices({
  plan,
  observer,
  kubelets,
  nodes,
  controllers,
  recorder,
  links,
  transport,
}: LabParts): DaemonServices {
  const find = (name: string) => resolveTarget(plan, name, observer.findPod);
  return {
    snapshots: observer.snapshots,
    links,
    netnsOf(name) {
      const target = find(name);
      return 'host' in target ? target.host.netns : netnsOfPod(plan, target.pod);
    },
    async exec(name, argv, container): Promise<ExecTarget> {
      const target = find(name);
      if ('host' in target) return onHost(target.host.netns, argv);
      const { metadata, spec } = target.pod;
      const ref = { node: spec?.nodeName ?? '', namespace: metadata?.namespace ?? '', pod: metadata?.name ?? '' };
      try {
        const started = await kubelets.execArgv(container === undefined ? ref : { ...ref, container }, argv);
        return { netns: netnsOfPod(plan, target.pod), ...started };
      } catch (error) {
        throw new LabError({
          what: `no program can be run in the pod "${name}"`,
          why: error instanceof Error ? error.message : String(error),
          remedy: 'see `podwire kubectl -- describe pod`: its container must run',
          cause: error,
        });
      }
    },
    async switchProxyMode(wanted) {
      try {
        const switched = await switchProxyMode(nodes, wanted, recorder);
        // A cluster elsewhere has a kube-proxy, and so a ConfigMap, of its own.
        if (wanted.node === undefined && plan.remote === undefined) await showProxyMode(transport, wanted);
        return switched;
      } finally {
        observer.snapshots.changed();
      }
    },
    async runKubeProxy(wanted) {
      try {
        return await runKubeProxy(nodes, wanted);
      } finally {
        observer.snapshots.changed();
      }
    },
    async programmed(timeoutMs) {
      const programmed = async () => {
        await controllers.slicesSettled();
        // A node that the control plane has given up hears of nothing any more.
        const lost = new Set(observer.snapshots.current().nodes.flatMap(({ name, ready }) => (ready ? [] : [name])));
        await Promise.all(nodes.filter(({ plan: { name } }) => !lost.has(name)).map(({ proxy }) => proxy.programmed()));
      };
      await withDeadline(programmed(), timeoutMs, () => {
        return new LabError({
          what: 'the rules of the nodes are not up to date',
          why: `a controller or kube-proxy is still at it after ${timeoutMs} ms, or a node is cut off`,
          remedy: 'see daemon.log in the lab\u2019s folder under /run/podwire, and `podwire status`',
        });
      });
    },
    async missing(ids) {
      const lacking = (await probeCapabilities(ids)).filter(({ status }) => status === 'missing');
      return Object.fromEntries(lacking.map(({ id, title, why }) => [id, `${title}: ${why ?? 'missing'}`]));
    },
  };
}
