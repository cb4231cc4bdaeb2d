/** Whether a pod may run on a node, and if not, why, in kube-scheduler's words. Pure. */
import { matchesExpression, matchesPairs } from '../../objects/label-selector.ts';
import { quantityValue } from '../../objects/quantity.ts';
import type { Node, Pod } from '../../objects/wire.ts';
import { type Taint, untoleratedTaint } from './tolerations.ts';

/** A node with what runs on it, pods that were just bound included. */
export interface NodeLoad {
  readonly node: Node;
  pods: number;
  /** Sums of the pods' requests, by resource, in base units. */
  readonly requested: Map<string, number>;
  /** Pods per controller (uid), to spread what belongs together. */
  readonly perOwner: Map<string, number>;
}

const UNSCHEDULABLE = 'node(s) were unschedulable';
const UNSCHEDULABLE_TAINT = { key: 'node.kubernetes.io/unschedulable', effect: 'NoSchedule' };
const AFFINITY = "node(s) didn't match Pod's node affinity/selector";

/** The reasons why the pod cannot run there; none: it can. */
export function refusals(pod: Pod, load: NodeLoad): string[] {
  const { node } = load;
  const cordoned = node.spec?.unschedulable === true;
  if (cordoned && untoleratedTaint(pod, [UNSCHEDULABLE_TAINT], ['NoSchedule']) !== undefined) return [UNSCHEDULABLE];
  const taints = [...(node.spec?.taints ?? []), ...readinessTaints(node)];
  if (untoleratedTaint(pod, taints, ['NoSchedule', 'NoExecute']) !== undefined) {
    return ['node(s) had untolerated taint(s)'];
  }
  if (!matchesNodeSelection(pod, node)) return [AFFINITY];
  if (takenPorts(pod).length > 0 && takenPorts(pod).some((port) => load.requested.has(port))) {
    return ["node(s) didn't have free ports for the requested pod ports"];
  }
  return lackingResources(pod, load);
}

/** What the node lifecycle controller is about to write on a node that is not ready: it may not have come to it yet. */
function readinessTaints(node: Node): Taint[] {
  const ready = node.status?.conditions?.find(({ type }) => type === 'Ready')?.status;
  if (ready === 'True') return [];
  const key = ready === 'Unknown' ? 'node.kubernetes.io/unreachable' : 'node.kubernetes.io/not-ready';
  return [{ key, effect: 'NoSchedule' }];
}

/** `spec.nodeSelector` and the required node affinity. */
export function matchesNodeSelection(pod: Pod, node: Node): boolean {
  const { labels, name } = node.metadata ?? {};
  if (!matchesPairs(pod.spec?.nodeSelector ?? {}, labels)) return false;
  const required = pod.spec?.affinity?.nodeAffinity?.requiredDuringSchedulingIgnoredDuringExecution;
  if (required === undefined) return true;
  const fields: Record<string, string> = { 'metadata.name': name ?? '' };
  return required.nodeSelectorTerms.some(({ matchExpressions = [], matchFields = [] }) => {
    // A term without requirements matches nothing.
    if (matchExpressions.length + matchFields.length === 0) return false;
    const matches =
      (on: Readonly<Record<string, string>> | undefined) =>
      (each: { key: string; operator: string; values?: string[] }): boolean =>
        matchesExpression(each.key, each.operator, each.values ?? [], on);
    return matchExpressions.every(matches(labels)) && matchFields.every(matches(fields));
  });
}

function lackingResources(pod: Pod, { node, pods, requested }: NodeLoad): string[] {
  const allocatable = node.status?.allocatable ?? {};
  const reasons: string[] = [];
  if (allocatable.pods !== undefined && pods + 1 > quantityValue(allocatable.pods)) reasons.push('Too many pods');
  for (const [resource, amount] of requestsOf(pod)) {
    if (amount === 0 || resource.startsWith('hostPort/')) continue;
    const known = allocatable[resource];
    // A node that says nothing of cpu or memory does not limit them; an extended resource must be there.
    if (known === undefined && (resource === 'cpu' || resource === 'memory')) continue;
    // A small tolerance keeps sums of tenths from exceeding a whole.
    if ((requested.get(resource) ?? 0) + amount > quantityValue(known) + 1e-9) reasons.push(`Insufficient ${resource}`);
  }
  return reasons;
}

/** What a pod takes of a node: requests by resource, and its host ports. Init containers count by their largest. */
export function requestsOf(pod: Pod): Map<string, number> {
  const total = new Map<string, number>();
  for (const container of pod.spec?.containers ?? []) {
    for (const [resource, amount] of Object.entries(container.resources?.requests ?? {})) {
      total.set(resource, (total.get(resource) ?? 0) + quantityValue(amount));
    }
  }
  for (const container of pod.spec?.initContainers ?? []) {
    for (const [resource, amount] of Object.entries(container.resources?.requests ?? {})) {
      total.set(resource, Math.max(total.get(resource) ?? 0, quantityValue(amount)));
    }
  }
  for (const port of takenPorts(pod)) total.set(port, 1);
  return total;
}

function takenPorts(pod: Pod): string[] {
  return (pod.spec?.containers ?? []).flatMap(({ ports = [] }) =>
    ports.flatMap(({ hostPort, protocol = 'TCP', hostIP = '' }) =>
      hostPort === undefined || hostPort === 0 ? [] : [`hostPort/${hostIP}/${protocol}/${hostPort}`],
    ),
  );
}
