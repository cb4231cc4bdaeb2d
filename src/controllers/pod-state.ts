/** What a pod's status says, in the words controllers use. Pure. */
import type { Pod, PodCondition } from '../objects/wire.ts';

export function conditionOf(pod: Pod, type: string): PodCondition | undefined {
  return pod.status?.conditions?.find((condition) => condition.type === type);
}

export function isReady(pod: Pod): boolean {
  return conditionOf(pod, 'Ready')?.status === 'True';
}

/** Milliseconds since the epoch at which the pod became ready; undefined when it is not. */
export function readySince(pod: Pod): number | undefined {
  const condition = conditionOf(pod, 'Ready');
  if (condition?.status !== 'True') return undefined;
  return Date.parse(condition.lastTransitionTime ?? '') || 0;
}

/** Ready for at least `minReadySeconds`. */
export function isAvailable(pod: Pod, minReadySeconds: number, now: number): boolean {
  const since = readySince(pod);
  return since !== undefined && (minReadySeconds === 0 || since + minReadySeconds * 1000 <= now);
}

/** Ended for good: `Succeeded` or `Failed`. */
export function isFinished(pod: Pod): boolean {
  return pod.status?.phase === 'Succeeded' || pod.status?.phase === 'Failed';
}

export function isTerminating(pod: Pod): boolean {
  return pod.metadata?.deletionTimestamp !== undefined;
}

/** Neither ended nor being deleted: counts as a replica. */
export function isActive(pod: Pod): boolean {
  return !isFinished(pod) && !isTerminating(pod);
}

/** The pod as it will be shown once its deletion, which was asked for, is seen. */
export function asTerminating(pod: Pod): Pod {
  if (isTerminating(pod)) return pod;
  return { ...pod, metadata: { ...pod.metadata, deletionTimestamp: pod.metadata?.creationTimestamp ?? '' } };
}
