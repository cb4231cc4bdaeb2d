/**
 * The arithmetic of a rolling update: how many pods the new ReplicaSet may have now, and how many each old one must
 * give up, so that never more than `maxSurge` pods are extra and never more than `maxUnavailable` are missing. Pure.
 */
import type { Deployment, ReplicaSet } from '../../objects/wire.ts';

export interface Scaling {
  readonly set: ReplicaSet;
  readonly replicas: number;
}

/** The limits of a Deployment in pods: percentages of `maxSurge` round up, of `maxUnavailable` down, never both 0. */
export function limitsOf(deployment: Deployment): { readonly maxSurge: number; readonly maxUnavailable: number } {
  const replicas = replicasOf(deployment);
  if (!isRolling(deployment)) return { maxSurge: 0, maxUnavailable: 0 };
  const { maxSurge = '25%', maxUnavailable = '25%' } = deployment.spec?.strategy?.rollingUpdate ?? {};
  const surge = countOf(maxSurge, replicas, Math.ceil);
  const unavailable = countOf(maxUnavailable, replicas, Math.floor);
  if (surge === 0 && unavailable === 0) return { maxSurge: 0, maxUnavailable: Math.min(1, replicas) };
  return { maxSurge: surge, maxUnavailable: Math.min(unavailable, replicas) };
}

export function isRolling(deployment: Deployment): boolean {
  return (deployment.spec?.strategy?.type ?? 'RollingUpdate') === 'RollingUpdate';
}

export function replicasOf(object: { readonly spec?: { readonly replicas?: number } }): number {
  return object.spec?.replicas ?? 1;
}

export function totalOf(sets: readonly ReplicaSet[]): number {
  return sets.reduce((sum, set) => sum + replicasOf(set), 0);
}

function availableOf(sets: readonly ReplicaSet[]): number {
  return sets.reduce((sum, set) => sum + (set.status?.availableReplicas ?? 0), 0);
}

/** The size the new ReplicaSet may have now; undefined for one that is to be made. */
export function newSetSize(
  deployment: Deployment,
  all: readonly ReplicaSet[],
  current: ReplicaSet | undefined,
): number {
  const desired = replicasOf(deployment);
  if (!isRolling(deployment)) return desired;
  const size = current === undefined ? 0 : replicasOf(current);
  if (current !== undefined && size >= desired) return desired;
  const room = desired + limitsOf(deployment).maxSurge - totalOf(all);
  return room <= 0 ? size : size + Math.min(room, desired - size);
}

/** How the old ReplicaSets shrink now: first by pods that are not available anyway, then as far as availability allows. */
export function oldSetSizes(deployment: Deployment, old: readonly ReplicaSet[], current: ReplicaSet): Scaling[] {
  const oldest = [...old].sort(byCreation);
  const sizes = new Map(oldest.map((set) => [set, replicasOf(set)]));
  const all = [...old, current];
  const minAvailable = replicasOf(deployment) - limitsOf(deployment).maxUnavailable;
  const newUnavailable = replicasOf(current) - (current.status?.availableReplicas ?? 0);
  const spare = totalOf(all) - minAvailable - newUnavailable;
  if (totalOf(old) === 0 || spare <= 0) return [];

  let removed = 0;
  for (const set of oldest) {
    const size = sizes.get(set)!;
    const unavailable = Math.max(0, size - (set.status?.availableReplicas ?? 0));
    const count = Math.min(unavailable, spare - removed);
    sizes.set(set, size - count);
    removed += count;
  }
  let surplus = availableOf(all) - minAvailable;
  for (const set of oldest) {
    const count = Math.max(0, Math.min(sizes.get(set)!, surplus));
    sizes.set(set, sizes.get(set)! - count);
    surplus -= count;
  }
  return oldest.filter((set) => sizes.get(set) !== replicasOf(set)).map((set) => ({ set, replicas: sizes.get(set)! }));
}

/** Oldest first; of the same second, by name. */
export function byCreation(a: ReplicaSet, b: ReplicaSet): number {
  const [at, bt] = [a.metadata?.creationTimestamp ?? '', b.metadata?.creationTimestamp ?? ''];
  return at === bt ? (a.metadata?.name ?? '').localeCompare(b.metadata?.name ?? '') : at < bt ? -1 : 1;
}

/** An absolute number, or a percentage of `total`. */
export function countOf(value: unknown, total: number, round: (count: number) => number): number {
  if (typeof value === 'number') return value;
  const text = String(value);
  return text.endsWith('%') ? round((Number(text.slice(0, -1)) * total) / 100) : Number(text) || 0;
}
