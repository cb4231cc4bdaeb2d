/** Revisions: which ReplicaSet is the new one, its annotations, and which old ones are history to be cut. Pure. */
import { isDeepStrictEqual } from 'node:util';
import { DEPLOYMENTS } from '../../objects/resource.ts';
import type { Deployment, ObjectMeta, ReplicaSet } from '../../objects/wire.ts';
import { controllerReference } from '../owner-reference.ts';
import { HASH_LABEL, sameTemplate, templateHash } from './pod-template.ts';
import { byCreation, limitsOf, newSetSize, replicasOf } from './rolling-update.ts';

export const REVISION = 'deployment.kubernetes.io/revision';
export const REVISION_HISTORY = 'deployment.kubernetes.io/revision-history';
export const DESIRED_REPLICAS = 'deployment.kubernetes.io/desired-replicas';
export const MAX_REPLICAS = 'deployment.kubernetes.io/max-replicas';
/** Annotations that say something of one object alone and are not handed from Deployment to ReplicaSet. */
const OWN = new Set([
  'kubectl.kubernetes.io/last-applied-configuration',
  REVISION,
  REVISION_HISTORY,
  DESIRED_REPLICAS,
  MAX_REPLICAS,
  'deprecated.deployment.rollback.to',
]);

type Annotations = Record<string, string>;

/** The ReplicaSet with the Deployment's template (the oldest, should there be several), and all others. */
export function newAndOldSets(
  deployment: Deployment,
  sets: readonly ReplicaSet[],
): { readonly current: ReplicaSet | undefined; readonly old: ReplicaSet[] } {
  const ordered = [...sets].sort(byCreation);
  const current = ordered.find((set) => sameTemplate(set.spec?.template, deployment.spec?.template));
  return { current, old: ordered.filter((set) => set !== current) };
}

export function revisionOf(object: { readonly metadata?: ObjectMeta }): number {
  return Number(object.metadata?.annotations?.[REVISION] ?? 0) || 0;
}

/** The revision the new ReplicaSet must carry: one more than any old one, as a rollback makes an old template new. */
export function nextRevision(old: readonly ReplicaSet[]): number {
  return Math.max(0, ...old.map(revisionOf)) + 1;
}

/** The new ReplicaSet's annotations; the same object when nothing changes. */
export function newSetAnnotations(deployment: Deployment, set: ReplicaSet | undefined, revision: number): Annotations {
  const present = set?.metadata?.annotations ?? {};
  const inherited = Object.entries(deployment.metadata?.annotations ?? {}).filter(([key]) => !OWN.has(key));
  const annotations: Annotations = { ...present, ...Object.fromEntries(inherited) };
  const was = Number(present[REVISION] ?? 0) || 0;
  if (was < revision) {
    annotations[REVISION] = String(revision);
    if (was > 0) {
      const history = present[REVISION_HISTORY];
      annotations[REVISION_HISTORY] = history === undefined ? String(was) : `${history},${was}`;
    }
  }
  if (set === undefined) Object.assign(annotations, sizeAnnotations(deployment));
  return isDeepStrictEqual(annotations, present) ? present : annotations;
}

/** What a ReplicaSet remembers of the Deployment's size when it was last scaled. */
export function sizeAnnotations(deployment: Deployment): Annotations {
  const desired = replicasOf(deployment);
  return {
    [DESIRED_REPLICAS]: String(desired),
    [MAX_REPLICAS]: String(desired + limitsOf(deployment).maxSurge),
  };
}

/** The ReplicaSet for the Deployment's present template. */
export function newReplicaSet(deployment: Deployment, old: readonly ReplicaSet[]): ReplicaSet {
  const { name = '', namespace } = deployment.metadata ?? {};
  const template = deployment.spec?.template;
  const hash = templateHash(template, deployment.status?.collisionCount);
  const labels = { ...template?.metadata?.labels, [HASH_LABEL]: hash };
  const selector = deployment.spec?.selector;
  const { minReadySeconds } = deployment.spec ?? {};
  return {
    metadata: {
      name: `${name}-${hash}`,
      ...(namespace === undefined ? {} : { namespace }),
      labels,
      annotations: newSetAnnotations(deployment, undefined, nextRevision(old)),
      ownerReferences: [controllerReference(DEPLOYMENTS, deployment)],
    },
    spec: {
      replicas: newSetSize(deployment, old, undefined),
      ...(minReadySeconds === undefined ? {} : { minReadySeconds }),
      selector: { ...selector, matchLabels: { ...selector?.matchLabels, [HASH_LABEL]: hash } },
      template: { ...template, metadata: { ...template?.metadata, labels } },
    },
  };
}

/** Old ReplicaSets beyond `revisionHistoryLimit`: those of the lowest revisions, empty and at rest. */
export function expiredSets(deployment: Deployment, old: readonly ReplicaSet[]): ReplicaSet[] {
  const limit = deployment.spec?.revisionHistoryLimit ?? 10;
  const alive = old.filter((set) => set.metadata?.deletionTimestamp === undefined);
  const excess = alive.length - limit;
  if (excess <= 0) return [];
  return alive
    .sort((a, b) => revisionOf(a) - revisionOf(b))
    .slice(0, excess)
    .filter(
      (set) =>
        (set.status?.replicas ?? 0) === 0 &&
        replicasOf(set) === 0 &&
        (set.metadata?.generation ?? 0) <= (set.status?.observedGeneration ?? 0),
    );
}
