/** The status of a ReplicaSet or ReplicationController, computed from its pods. Pure. */
import { timestamp } from '../../objects/timestamp.ts';
import type { Pod } from '../../objects/wire.ts';
import { isAvailable, isReady } from '../pod-state.ts';

export interface ReplicaCondition {
  type: string;
  status: string;
  lastTransitionTime?: string;
  reason?: string;
  message?: string;
}

export interface ReplicaStatus {
  replicas: number;
  fullyLabeledReplicas?: number;
  readyReplicas?: number;
  availableReplicas?: number;
  terminatingReplicas?: number;
  observedGeneration?: number;
  conditions?: ReplicaCondition[];
}

export interface StatusInput {
  readonly pods: readonly Pod[];
  /** Pods of the set that are being deleted. */
  readonly terminating: readonly Pod[];
  readonly templateLabels: Readonly<Record<string, string>>;
  readonly minReadySeconds: number;
  readonly generation: number | undefined;
  /** What kept the last creation or deletion from succeeding. */
  readonly failure: { readonly reason: 'FailedCreate' | 'FailedDelete'; readonly message: string } | undefined;
  readonly previous: ReplicaStatus | undefined;
  readonly now: number;
}

/** The status as it should be; deeply equal to the previous one when nothing changed. */
export function replicaStatus(input: StatusInput): ReplicaStatus {
  const { pods, minReadySeconds, now, generation } = input;
  const labels = Object.entries(input.templateLabels);
  const labelled = pods.filter((pod) => labels.every(([key, value]) => pod.metadata?.labels?.[key] === value));
  const conditions = conditionsOf(input);
  return {
    replicas: pods.length,
    ...positive('fullyLabeledReplicas', labelled.length),
    ...positive('readyReplicas', pods.filter(isReady).length),
    ...positive('availableReplicas', pods.filter((pod) => isAvailable(pod, minReadySeconds, now)).length),
    ...positive('terminatingReplicas', input.terminating.length),
    ...(generation === undefined ? {} : { observedGeneration: generation }),
    ...(conditions.length === 0 ? {} : { conditions }),
  };
}

function positive<K extends string>(key: K, count: number): { [P in K]?: number } {
  return count === 0 ? {} : ({ [key]: count } as { [P in K]: number });
}

function conditionsOf({ failure, previous, now }: StatusInput): ReplicaCondition[] {
  const others = (previous?.conditions ?? []).filter(({ type }) => type !== 'ReplicaFailure');
  if (failure === undefined) return others;
  const known = previous?.conditions?.find(({ type }) => type === 'ReplicaFailure');
  if (known?.reason === failure.reason) return [...others, known];
  return [...others, { type: 'ReplicaFailure', status: 'True', lastTransitionTime: timestamp(now), ...failure }];
}
