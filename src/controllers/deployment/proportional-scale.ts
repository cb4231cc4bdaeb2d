/**
 * What `kubectl scale` means while a rollout is under way, or paused: the change is shared among the ReplicaSets in
 * proportion to their sizes, so that no version gains on the other by it. Pure.
 */
import type { Deployment, ReplicaSet } from '../../objects/wire.ts';
import { DESIRED_REPLICAS, MAX_REPLICAS } from './revision.ts';
import { byCreation, isRolling, limitsOf, replicasOf, type Scaling, totalOf } from './rolling-update.ts';

/** True when the Deployment's replicas were changed since its ReplicaSets were last sized. */
export function isScalingEvent(deployment: Deployment, sets: readonly ReplicaSet[]): boolean {
  return sets.filter(isActiveSet).some((set) => {
    const desired = annotation(set, DESIRED_REPLICAS);
    return desired !== undefined && desired !== replicasOf(deployment);
  });
}

/** The new sizes; only those sets that change. */
export function proportionalSizes(
  deployment: Deployment,
  current: ReplicaSet | undefined,
  old: readonly ReplicaSet[],
): Scaling[] {
  const desired = replicasOf(deployment);
  const all = current === undefined ? [...old] : [...old, current];
  const single = activeOrLatest(current, old);
  if (single !== undefined) return replicasOf(single) === desired ? [] : [{ set: single, replicas: desired }];
  if (current !== undefined && isSaturated(deployment, current)) {
    return old.filter(isActiveSet).map((set) => ({ set, replicas: 0 }));
  }
  if (!isRolling(deployment)) return [];

  const active = all.filter(isActiveSet);
  const allowed = desired > 0 ? desired + limitsOf(deployment).maxSurge : 0;
  const toAdd = allowed - totalOf(active);
  // Larger sets first; among equals the newer grow, the older shrink.
  active.sort((a, b) => replicasOf(b) - replicasOf(a) || (toAdd > 0 ? byCreation(b, a) : byCreation(a, b)));
  let added = 0;
  const sizes = active.map((set) => {
    const share = proportionOf(deployment, set, toAdd, added);
    added += share;
    return replicasOf(set) + share;
  });
  if (toAdd !== 0 && sizes.length > 0) sizes[0] = Math.max(0, sizes[0]! + toAdd - added);
  return active
    .map((set, index) => ({ set, replicas: sizes[index]! }))
    .filter(({ set, replicas }) => replicas !== replicasOf(set));
}

export function isActiveSet(set: ReplicaSet): boolean {
  return replicasOf(set) > 0;
}

function activeOrLatest(current: ReplicaSet | undefined, old: readonly ReplicaSet[]): ReplicaSet | undefined {
  const active = [...old, ...(current === undefined ? [] : [current])].filter(isActiveSet);
  if (active.length === 1) return active[0];
  if (active.length > 1) return undefined;
  return current ?? [...old].sort(byCreation).at(-1);
}

function isSaturated(deployment: Deployment, set: ReplicaSet): boolean {
  const desired = replicasOf(deployment);
  return (
    annotation(set, DESIRED_REPLICAS) === desired &&
    replicasOf(set) === desired &&
    set.status?.availableReplicas === desired
  );
}

function proportionOf(deployment: Deployment, set: ReplicaSet, toAdd: number, added: number): number {
  const size = replicasOf(set);
  if (size === 0 || toAdd === 0 || toAdd === added) return 0;
  const fraction = fractionOf(deployment, set, size);
  return toAdd > 0 ? Math.min(fraction, toAdd - added) : Math.max(fraction, toAdd - added);
}

function fractionOf(deployment: Deployment, set: ReplicaSet, size: number): number {
  const desired = replicasOf(deployment);
  if (desired === 0) return -size;
  const most = desired + limitsOf(deployment).maxSurge;
  const mostBefore = annotation(set, MAX_REPLICAS) || deployment.status?.replicas || 0;
  return mostBefore === 0 ? 0 : Math.round((size * most) / mostBefore) - size;
}

function annotation(set: ReplicaSet, key: string): number | undefined {
  const value = set.metadata?.annotations?.[key];
  return value === undefined || Number.isNaN(Number(value)) ? undefined : Number(value);
}
