/** A Deployment's status and conditions, as `kubectl rollout status` and `kubectl wait` read them. Pure. */
import { timestamp } from '../../objects/timestamp.ts';
import type { Deployment, ReplicaSet } from '../../objects/wire.ts';
import { limitsOf, replicasOf, totalOf } from './rolling-update.ts';

export type DeploymentStatus = NonNullable<Deployment['status']>;
export type DeploymentCondition = NonNullable<DeploymentStatus['conditions']>[number];

/** The default of `progressDeadlineSeconds`; this value itself means "no deadline". */
const NO_DEADLINE = 2_147_483_647;

export function conditionOf(status: DeploymentStatus | undefined, type: string): DeploymentCondition | undefined {
  return status?.conditions?.find((condition) => condition.type === type);
}

/** The conditions with this one in place; unchanged when type, status and reason are already so. */
export function withCondition(
  conditions: readonly DeploymentCondition[],
  next: Pick<DeploymentCondition, 'type' | 'status' | 'reason' | 'message'>,
  now: number,
): DeploymentCondition[] {
  const known = conditions.find(({ type }) => type === next.type);
  if (known?.status === next.status && known.reason === next.reason) return [...conditions];
  const at = timestamp(now);
  const lastTransitionTime = known?.status === next.status ? known.lastTransitionTime : undefined;
  const others = conditions.filter(({ type }) => type !== next.type);
  return [...others, { ...next, lastUpdateTime: at, lastTransitionTime: lastTransitionTime ?? at }];
}

function sum(sets: readonly ReplicaSet[], field: 'replicas' | 'readyReplicas' | 'availableReplicas'): number {
  return sets.reduce((total, set) => total + (set.status?.[field] ?? 0), 0);
}

/** Counts and the `Available` condition; progress comes on top. */
export function countedStatus(
  deployment: Deployment,
  current: ReplicaSet | undefined,
  old: readonly ReplicaSet[],
  now: number,
): DeploymentStatus {
  const all = current === undefined ? old : [...old, current];
  const available = sum(all, 'availableReplicas');
  const counts: [keyof DeploymentStatus, number][] = [
    ['replicas', sum(all, 'replicas')],
    ['updatedReplicas', current?.status?.replicas ?? 0],
    ['readyReplicas', sum(all, 'readyReplicas')],
    ['availableReplicas', available],
    ['unavailableReplicas', Math.max(0, totalOf(all) - available)],
    ['terminatingReplicas', all.reduce((total, set) => total + (set.status?.terminatingReplicas ?? 0), 0)],
  ];
  const { generation } = deployment.metadata ?? {};
  const collisionCount = deployment.status?.collisionCount;
  const enough = available >= replicasOf(deployment) - limitsOf(deployment).maxUnavailable;
  return {
    ...(generation === undefined ? {} : { observedGeneration: generation }),
    // Kubernetes leaves a count of 0 out.
    ...Object.fromEntries(counts.filter(([, count]) => count > 0)),
    ...(collisionCount === undefined ? {} : { collisionCount }),
    conditions: withCondition(
      deployment.status?.conditions ?? [],
      {
        type: 'Available',
        status: enough ? 'True' : 'False',
        reason: enough ? 'MinimumReplicasAvailable' : 'MinimumReplicasUnavailable',
        message: `Deployment ${enough ? 'has' : 'does not have'} minimum availability.`,
      },
      now,
    ),
  };
}

/** The status of a rollout under way: the counts, `Progressing` with its deadline, and failures of the ReplicaSets. */
export function rolloutStatus(
  deployment: Deployment,
  current: ReplicaSet | undefined,
  old: readonly ReplicaSet[],
  now: number,
): DeploymentStatus {
  const status = countedStatus(deployment, current, old, now);
  const others = (type: string): DeploymentCondition[] => status.conditions!.filter((each) => each.type !== type);
  const known = conditionOf(deployment.status, 'Progressing');
  const settled =
    (status.replicas ?? 0) === (status.updatedReplicas ?? 0) && known?.reason === 'NewReplicaSetAvailable';

  if (!hasDeadline(deployment)) status.conditions = others('Progressing');
  else if (!settled) {
    const subject =
      current === undefined ? `Deployment "${deployment.metadata?.name}"` : `ReplicaSet "${current.metadata?.name}"`;
    const next = progressOf(deployment, status, known, subject, now);
    if (next?.reason === 'ReplicaSetUpdated') {
      // Progress renews the deadline even when the condition says the same as before.
      const at = timestamp(now);
      const since = known?.status === 'True' ? known.lastTransitionTime : undefined;
      const renewed = { ...next, lastUpdateTime: at, lastTransitionTime: since ?? at };
      status.conditions = [...others('Progressing'), renewed];
    } else if (next !== undefined) status.conditions = withCondition(status.conditions!, next, now);
  }

  const failure = [...(current === undefined ? [] : [current]), ...old]
    .flatMap((set) => set.status?.conditions ?? [])
    .find((condition) => condition.type === 'ReplicaFailure');
  if (failure === undefined) status.conditions = others('ReplicaFailure');
  else {
    const { reason, message } = failure;
    const next = {
      type: 'ReplicaFailure',
      status: failure.status,
      ...(reason === undefined ? {} : { reason }),
      ...(message === undefined ? {} : { message }),
    };
    status.conditions = withCondition(status.conditions!, next, now);
  }
  return status;
}

function progressOf(
  deployment: Deployment,
  status: DeploymentStatus,
  known: DeploymentCondition | undefined,
  subject: string,
  now: number,
): Pick<DeploymentCondition, 'type' | 'status' | 'reason' | 'message'> | undefined {
  if (isComplete(deployment, status)) {
    const message = `${subject} has successfully progressed.`;
    return { type: 'Progressing', status: 'True', reason: 'NewReplicaSetAvailable', message };
  }
  if (hasProgressed(deployment.status ?? {}, status)) {
    const message = `${subject} is progressing.`;
    return { type: 'Progressing', status: 'True', reason: 'ReplicaSetUpdated', message };
  }
  if (hasTimedOut(deployment, known, now)) {
    const message = `${subject} has timed out progressing.`;
    return { type: 'Progressing', status: 'False', reason: 'ProgressDeadlineExceeded', message };
  }
  return undefined;
}

export function hasDeadline(deployment: Deployment): boolean {
  const seconds = deployment.spec?.progressDeadlineSeconds;
  return seconds !== undefined && seconds !== NO_DEADLINE;
}

/** Every pod is of the new template and available. */
export function isComplete(deployment: Deployment, status: DeploymentStatus): boolean {
  const desired = replicasOf(deployment);
  return (
    (status.updatedReplicas ?? 0) === desired &&
    (status.replicas ?? 0) === desired &&
    (status.availableReplicas ?? 0) === desired &&
    (status.observedGeneration ?? 0) >= (deployment.metadata?.generation ?? 0)
  );
}

function hasProgressed(was: DeploymentStatus, is: DeploymentStatus): boolean {
  const outdated = (status: DeploymentStatus): number => (status.replicas ?? 0) - (status.updatedReplicas ?? 0);
  return (
    (is.updatedReplicas ?? 0) > (was.updatedReplicas ?? 0) ||
    outdated(is) < outdated(was) ||
    (is.readyReplicas ?? 0) > (was.readyReplicas ?? 0) ||
    (is.availableReplicas ?? 0) > (was.availableReplicas ?? 0)
  );
}

function hasTimedOut(deployment: Deployment, known: DeploymentCondition | undefined, now: number): boolean {
  if (known === undefined || known.reason === 'NewReplicaSetAvailable') return false;
  if (known.reason === 'ProgressDeadlineExceeded') return true;
  return deadlineAt(deployment, known) < now;
}

/** When a rollout that makes no progress counts as stuck; milliseconds since the epoch. */
export function deadlineAt(deployment: Deployment, progressing: DeploymentCondition): number {
  const since = Date.parse(progressing.lastUpdateTime ?? '') || 0;
  return since + (deployment.spec?.progressDeadlineSeconds ?? 600) * 1000;
}
