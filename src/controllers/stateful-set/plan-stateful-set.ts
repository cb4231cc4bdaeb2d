/**
 * What a StatefulSet needs next: pods with fixed names made in order, removed from the highest ordinal down, replaced
 * one at a time, highest first. Pure: from the set and its pods to the next steps and the status.
 */

import { STATEFUL_SETS } from '../../objects/resource.ts';
import type { Pod, PodTemplateSpec, StatefulSet } from '../../objects/wire.ts';
import { templateHash } from '../deployment/pod-template.ts';
import { replicasOf } from '../deployment/rolling-update.ts';
import { podFromTemplate } from '../pod-control.ts';
import { isAvailable, isFinished, isReady, isTerminating } from '../pod-state.ts';

export const REVISION_LABEL = 'controller-revision-hash';
const POD_NAME = 'statefulset.kubernetes.io/pod-name';
const POD_INDEX = 'apps.kubernetes.io/pod-index';

/** Pods made in one go; more follow when these are seen. */
const BURST = 500;

export type StatefulSetStatus = NonNullable<StatefulSet['status']>;

export interface StatefulPlan {
  readonly create: Pod[];
  readonly remove: Pod[];
}

/** The ordinal in a pod's name; undefined when the name is not of this set. */
export function ordinalOf(set: StatefulSet, pod: Pod): number | undefined {
  const prefix = `${set.metadata?.name}-`;
  const { name = '' } = pod.metadata ?? {};
  const text = name.slice(prefix.length);
  return name.startsWith(prefix) && /^(0|[1-9]\d*)$/.test(text) ? Number(text) : undefined;
}

/** The name of the set's present template, as its pods carry it: `web-6c5f7b9d8`. */
export function revisionOf(set: StatefulSet): string {
  return `${set.metadata?.name}-${templateHash(set.spec?.template, set.status?.collisionCount)}`;
}

/** The first ordinal that a rolling update with a partition leaves alone no longer. */
function firstUpdated(set: StatefulSet): number {
  return (set.spec?.ordinals?.start ?? 0) + (set.spec?.updateStrategy?.rollingUpdate?.partition ?? 0);
}

/** The template and name of the revision a set is on its way from. */
export interface FormerRevision {
  readonly name: string;
  readonly template: PodTemplateSpec;
}

/**
 * The next steps; empty when the set is as it should be, or must wait for one of its pods. Pods below the partition are made
 * from `former`, when it is known.
 */
export function planStatefulSet(
  set: StatefulSet,
  pods: readonly Pod[],
  now: number,
  former?: FormerRevision,
): StatefulPlan {
  const plan: StatefulPlan = { create: [], remove: [] };
  if (set.metadata?.deletionTimestamp !== undefined) return plan;
  const ordered = (set.spec?.podManagementPolicy ?? 'OrderedReady') === 'OrderedReady';
  const isHealthy = (pod: Pod): boolean => !isTerminating(pod) && isAvailable(pod, set.spec?.minReadySeconds ?? 0, now);
  const { first, end, wanted, surplus } = arrange(set, pods);

  for (let ordinal = first; ordinal < end; ordinal += 1) {
    const pod = wanted.get(ordinal);
    if (pod === undefined) plan.create.push(podOf(set, ordinal, ordinal < firstUpdated(set) ? former : undefined));
    else if (isFinished(pod) && !isTerminating(pod)) plan.remove.push(pod);
    else if (isHealthy(pod)) continue;
    // In order: nothing after this one before it is there and ready.
    if (ordered || plan.create.length === BURST) return plan;
  }
  for (const pod of surplus) {
    if (!isTerminating(pod)) plan.remove.push(pod);
    if (ordered) return plan;
  }
  if (plan.create.length + plan.remove.length > 0) return plan;
  const outdated = nextOutdated(set, wanted, isHealthy);
  if (outdated !== undefined) plan.remove.push(outdated);
  return plan;
}

/** Who must be replaced next by a rolling update: the highest ordinal first, and only while all above it are healthy. */
function nextOutdated(
  set: StatefulSet,
  wanted: ReadonlyMap<number, Pod>,
  isHealthy: (pod: Pod) => boolean,
): Pod | undefined {
  if (set.spec?.updateStrategy?.type === 'OnDelete') return undefined;
  const first = firstUpdated(set);
  const revision = revisionOf(set);
  for (const [ordinal, pod] of [...wanted].sort(([a], [b]) => b - a)) {
    if (ordinal < first) return undefined;
    if (pod.metadata?.labels?.[REVISION_LABEL] !== revision) return isTerminating(pod) ? undefined : pod;
    if (!isHealthy(pod)) return undefined;
  }
  return undefined;
}

interface Arranged {
  /** The ordinals the set is to have. */
  readonly first: number;
  readonly end: number;
  /** The pods that have them: a set may ask for more than could ever be counted out. */
  readonly wanted: ReadonlyMap<number, Pod>;
  /** The others, the highest ordinal in front. */
  readonly surplus: readonly Pod[];
}

function arrange(set: StatefulSet, pods: readonly Pod[]): Arranged {
  const first = set.spec?.ordinals?.start ?? 0;
  const end = first + replicasOf(set);
  const own = pods.flatMap((pod): [number, Pod][] => {
    const ordinal = ordinalOf(set, pod);
    return ordinal === undefined ? [] : [[ordinal, pod]];
  });
  const isWanted = ([ordinal]: readonly [number, Pod]): boolean => ordinal >= first && ordinal < end;
  const surplus = own.filter((each) => !isWanted(each)).sort(([a], [b]) => b - a);
  return { first, end, wanted: new Map(own.filter(isWanted)), surplus: surplus.map(([, pod]) => pod) };
}

/** The pod of this ordinal: its name, hostname and labels are its identity. */
export function podOf(set: StatefulSet, ordinal: number, former?: FormerRevision): Pod {
  const name = `${set.metadata?.name}-${ordinal}`;
  const pod = podFromTemplate({ type: STATEFUL_SETS, object: set }, former?.template ?? set.spec?.template ?? {}, name);
  const labels = {
    ...pod.metadata?.labels,
    [POD_NAME]: name,
    [POD_INDEX]: String(ordinal),
    [REVISION_LABEL]: former?.name ?? revisionOf(set),
  };
  const subdomain = set.spec?.serviceName;
  const identity = { hostname: name, ...(subdomain === undefined || subdomain === '' ? {} : { subdomain }) };
  return { ...pod, metadata: { ...pod.metadata, labels }, spec: { containers: [], ...pod.spec, ...identity } };
}

/** The status for these pods. A rolling update that is through makes its revision the current one. */
export function statefulSetStatus(set: StatefulSet, pods: readonly Pod[], now: number): StatefulSetStatus {
  const updateRevision = revisionOf(set);
  const own = pods.filter((pod) => ordinalOf(set, pod) !== undefined && !isFinished(pod));
  const present = own.filter((pod) => !isTerminating(pod));
  const ofRevision = (revision: string): number =>
    present.filter((pod) => pod.metadata?.labels?.[REVISION_LABEL] === revision).length;
  const readyReplicas = own.filter(isReady).length;
  const updatedReplicas = ofRevision(updateRevision);
  const rolling = set.spec?.updateStrategy?.type !== 'OnDelete';
  const complete = rolling && updatedReplicas === replicasOf(set) && readyReplicas === replicasOf(set);
  const currentRevision = complete ? updateRevision : (set.status?.currentRevision ?? updateRevision);
  const { generation } = set.metadata ?? {};
  const { collisionCount } = set.status ?? {};
  return {
    ...(generation === undefined ? {} : { observedGeneration: generation }),
    replicas: own.length,
    readyReplicas,
    availableReplicas: own.filter((pod) => isAvailable(pod, set.spec?.minReadySeconds ?? 0, now)).length,
    currentReplicas: ofRevision(currentRevision),
    updatedReplicas,
    currentRevision,
    updateRevision,
    ...(collisionCount === undefined ? {} : { collisionCount }),
  };
}
