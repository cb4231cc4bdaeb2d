/**
 * Places pods: filters nodes, then picks the one with the fewest pods of the same owner, then the fewest pods, then
 * the first by name, so that the same cluster is always filled the same way. Pure but for the loads it adds up.
 */
import type { Node, Pod } from '../../objects/wire.ts';
import { controllerOf } from '../owner-reference.ts';
import { isFinished } from '../pod-state.ts';
import { type NodeLoad, refusals, requestsOf } from './node-filter.ts';
import { untoleratedTaint } from './tolerations.ts';

export interface Placement {
  readonly pod: Pod;
  /** Undefined: it fits nowhere, and `message` says why. */
  readonly node?: string;
  readonly message?: string;
}

/** The nodes with what runs there. `placed` are all pods that have a node. */
export function nodeLoads(nodes: readonly Node[], placed: readonly Pod[]): NodeLoad[] {
  const loads = new Map<string, NodeLoad>();
  const byName = [...nodes].sort((a, b) => ((a.metadata?.name ?? '') < (b.metadata?.name ?? '') ? -1 : 1));
  for (const node of byName) {
    loads.set(node.metadata?.name ?? '', { node, pods: 0, requested: new Map(), perOwner: new Map() });
  }
  for (const pod of placed) {
    const load = loads.get(pod.spec?.nodeName ?? '');
    if (load !== undefined && !isFinished(pod)) addPod(load, pod);
  }
  return [...loads.values()];
}

/** Places the pods in their order, each with those before it already on their nodes. */
export function placePods(pods: readonly Pod[], loads: readonly NodeLoad[]): Placement[] {
  return pods.map((pod) => {
    const reasons = new Map<string, number>();
    const fitting: NodeLoad[] = [];
    for (const load of loads) {
      const against = refusals(pod, load);
      if (against.length === 0) fitting.push(load);
      for (const reason of against) reasons.set(reason, (reasons.get(reason) ?? 0) + 1);
    }
    const best = bestOf(pod, fitting);
    if (best === undefined) return { pod, message: failureMessage(loads.length, reasons) };
    addPod(best, pod);
    return { pod, node: best.node.metadata?.name ?? '' };
  });
}

/** The order in which waiting pods are served: higher priority, then older, then by name. */
export function schedulingOrder(a: Pod, b: Pod): number {
  const priority = (b.spec?.priority ?? 0) - (a.spec?.priority ?? 0);
  if (priority !== 0) return priority;
  const text = ({ metadata }: Pod): string =>
    `${metadata?.creationTimestamp ?? ''} ${metadata?.namespace}/${metadata?.name}`;
  const [at, bt] = [text(a), text(b)];
  return at < bt ? -1 : at > bt ? 1 : 0;
}

function bestOf(pod: Pod, fitting: readonly NodeLoad[]): NodeLoad | undefined {
  const owner = controllerOf(pod)?.uid ?? '';
  const cost = (load: NodeLoad): [number, number, number] => {
    const avoided = untoleratedTaint(pod, load.node.spec?.taints ?? [], ['PreferNoSchedule']) === undefined ? 0 : 1;
    return [avoided, load.perOwner.get(owner) ?? 0, load.pods];
  };
  let best: NodeLoad | undefined;
  let least: [number, number, number] = [0, 0, 0];
  for (const load of fitting) {
    const own = cost(load);
    if (best !== undefined && (own[0] - least[0] || own[1] - least[1] || own[2] - least[2]) >= 0) continue;
    best = load;
    least = own;
  }
  return best;
}

function addPod(load: NodeLoad, pod: Pod): void {
  load.pods += 1;
  const owner = controllerOf(pod)?.uid;
  if (owner !== undefined) load.perOwner.set(owner, (load.perOwner.get(owner) ?? 0) + 1);
  for (const [resource, amount] of requestsOf(pod)) {
    load.requested.set(resource, (load.requested.get(resource) ?? 0) + amount);
  }
}

/** kube-scheduler's sentence: how many nodes said what, in alphabetical order. */
export function failureMessage(nodes: number, reasons: ReadonlyMap<string, number>): string {
  if (nodes === 0) return 'no nodes available to schedule pods';
  const counted = [...reasons].map(([reason, count]) => `${count} ${reason}`).sort();
  const none = `0/${nodes} nodes are available:`;
  const preemption = `preemption: ${none} ${nodes} Preemption is not helpful for scheduling.`;
  return `${none} ${counted.join(', ')}. no new claims to deallocate, ${preemption}`;
}
