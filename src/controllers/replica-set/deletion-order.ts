/** Which pods go first when there are too many: the order of Kubernetes' ActivePodsWithRanks. Pure. */
import type { Pod } from '../../objects/wire.ts';
import { isReady, readySince } from '../pod-state.ts';

const DELETION_COST = 'controller.kubernetes.io/pod-deletion-cost';
const PHASES: Readonly<Record<string, number>> = { Pending: 0, Unknown: 1, Running: 2 };

/**
 * The pods, those to be deleted first in front. `related` are the pods of all sets of the same owner: a pod on a node
 * with many of them goes before one that is alone there.
 */
export function inDeletionOrder(pods: readonly Pod[], related: readonly Pod[], now: number): Pod[] {
  const perNode = new Map<string, number>();
  for (const pod of related) {
    const node = pod.spec?.nodeName ?? '';
    if (node !== '') perNode.set(node, (perNode.get(node) ?? 0) + 1);
  }
  const rank = (pod: Pod): number => perNode.get(pod.spec?.nodeName ?? '') ?? 0;
  const criteria: ((pod: Pod) => number)[] = [
    (pod) => (pod.spec?.nodeName ? 1 : 0),
    (pod) => PHASES[pod.status?.phase ?? 'Pending'] ?? 2,
    (pod) => (isReady(pod) ? 1 : 0),
    (pod) => Number(pod.metadata?.annotations?.[DELETION_COST] ?? 0) || 0,
    (pod) => -rank(pod),
    (pod) => logarithmicAge(readySince(pod), now),
    (pod) => -restartsOf(pod),
    (pod) => logarithmicAge(Date.parse(pod.metadata?.creationTimestamp ?? '') || undefined, now),
  ];
  const keyed = pods.map((pod) => ({ pod, key: criteria.map((criterion) => criterion(pod)) }));
  keyed.sort((a, b) => {
    for (let i = 0; i < criteria.length; i += 1) if (a.key[i] !== b.key[i]) return a.key[i]! - b.key[i]!;
    // Kubernetes compares uids, which is as good as random; the younger by name is as stable and easier to read.
    return (b.pod.metadata?.name ?? '').localeCompare(a.pod.metadata?.name ?? '');
  });
  return keyed.map(({ pod }) => pod);
}

/** Ages are compared by their magnitude only, so that it is not always the same node that loses its pods. */
function logarithmicAge(since: number | undefined, now: number): number {
  if (since === undefined) return -1;
  return Math.floor(Math.log2(Math.max(1, (now - since) / 1000)));
}

function restartsOf(pod: Pod): number {
  return Math.max(0, ...(pod.status?.containerStatuses ?? []).map(({ restartCount }) => restartCount));
}
