/**
 * What a DaemonSet needs next: one pod on every node that it may run on, none elsewhere, outdated ones replaced as far as
 * `maxUnavailable` allows. Pure: from the set, the nodes and its pods to the next steps and the status.
 */
import { DAEMON_SETS } from '../../objects/resource.ts';
import type { DaemonSet, Node, Pod, PodSpec } from '../../objects/wire.ts';
import { templateHash } from '../deployment/pod-template.ts';
import { countOf } from '../deployment/rolling-update.ts';
import { podFromTemplate } from '../pod-control.ts';
import { isAvailable, isFinished, isReady, isTerminating } from '../pod-state.ts';
import { matchesNodeSelection } from '../scheduler/node-filter.ts';
import { type Toleration, untoleratedTaint } from '../scheduler/tolerations.ts';

export const REVISION_LABEL = 'controller-revision-hash';
const GENERATION_LABEL = 'pod-template-generation';

export type DaemonSetStatus = NonNullable<DaemonSet['status']>;

export interface DaemonPlan {
  readonly create: Pod[];
  readonly remove: Pod[];
}

/** What a daemon puts up with on its node besides what its template says, as Kubernetes adds it. */
function tolerationsOf(template: PodSpec | undefined): Toleration[] {
  const exists = (key: string, effect: string): Toleration => ({
    key: `node.kubernetes.io/${key}`,
    operator: 'Exists',
    effect,
  });
  return [
    ...(template?.tolerations ?? []),
    exists('not-ready', 'NoExecute'),
    exists('unreachable', 'NoExecute'),
    exists('disk-pressure', 'NoSchedule'),
    exists('memory-pressure', 'NoSchedule'),
    exists('pid-pressure', 'NoSchedule'),
    exists('unschedulable', 'NoSchedule'),
    ...(template?.hostNetwork === true ? [exists('network-unavailable', 'NoSchedule')] : []),
  ];
}

/** The node a daemon's pod is meant for: where it runs, or what its affinity names while it waits. */
export function nodeOf(pod: Pod): string {
  if (pod.spec?.nodeName !== undefined && pod.spec.nodeName !== '') return pod.spec.nodeName;
  const terms = pod.spec?.affinity?.nodeAffinity?.requiredDuringSchedulingIgnoredDuringExecution?.nodeSelectorTerms;
  const fields = (terms ?? []).flatMap(({ matchFields = [] }) => matchFields);
  return fields.find(({ key }) => key === 'metadata.name')?.values?.[0] ?? '';
}

/** The pod for a node: the scheduler binds it, so that it waits where a node is full. */
export function podFor(set: DaemonSet, node: string): Pod {
  const pod = podFromTemplate({ type: DAEMON_SETS, object: set }, set.spec?.template ?? {});
  const labels = {
    ...pod.metadata?.labels,
    [REVISION_LABEL]: revisionOf(set),
    [GENERATION_LABEL]: String(set.metadata?.generation ?? 1),
  };
  const byName = { matchFields: [{ key: 'metadata.name', operator: 'In', values: [node] }] };
  const { affinity } = pod.spec ?? {};
  const required = { nodeSelectorTerms: [byName] };
  const nodeAffinity = { ...affinity?.nodeAffinity, requiredDuringSchedulingIgnoredDuringExecution: required };
  const spec = {
    containers: [],
    ...pod.spec,
    affinity: { ...affinity, nodeAffinity },
    tolerations: tolerationsOf(pod.spec),
  };
  return { ...pod, metadata: { ...pod.metadata, labels }, spec };
}

/** The hash of the present template, as the pods carry it. */
export function revisionOf(set: DaemonSet): string {
  return templateHash(set.spec?.template, set.status?.collisionCount);
}

/** Whether a daemon is to be started on the node, and whether one that runs there may stay. */
export function suits(set: DaemonSet, node: Node): { readonly start: boolean; readonly stay: boolean } {
  const template = set.spec?.template?.spec;
  const pod: Pod = { spec: { containers: [], ...template, tolerations: tolerationsOf(template) } };
  if (!matchesNodeSelection(pod, node)) return { start: false, stay: false };
  const taints = node.spec?.taints ?? [];
  const stay = untoleratedTaint(pod, taints, ['NoExecute']) === undefined;
  return { start: stay && untoleratedTaint(pod, taints, ['NoSchedule']) === undefined, stay };
}

/** The next steps. */
export function planDaemonSet(set: DaemonSet, nodes: readonly Node[], pods: readonly Pod[], now: number): DaemonPlan {
  const plan: DaemonPlan = { create: [], remove: [] };
  if (set.metadata?.deletionTimestamp !== undefined) return plan;
  const perNode = group(pods);
  let unavailable = 0;
  let wanted = 0;
  const outdated: Pod[] = [];
  for (const node of nodes) {
    const name = node.metadata?.name ?? '';
    const { start, stay } = suits(set, node);
    const present = perNode.get(name) ?? [];
    perNode.delete(name);
    const failed = present.filter((pod) => isFinished(pod) && !isTerminating(pod));
    plan.remove.push(...failed);
    const alive = present.filter((pod) => !isFinished(pod) && !isTerminating(pod));
    if (!start && !stay) plan.remove.push(...alive);
    if (!start) continue;
    wanted += 1;
    // One that is on its way out keeps its place until it is gone.
    if (present.length === 0) plan.create.push(podFor(set, name));
    // Should there be several, the oldest stays.
    const [pod, ...extra] = alive.sort(byAge);
    plan.remove.push(...extra);
    if (pod === undefined || !isAvailable(pod, set.spec?.minReadySeconds ?? 0, now)) unavailable += 1;
    if (pod !== undefined && pod.metadata?.labels?.[REVISION_LABEL] !== revisionOf(set)) outdated.push(pod);
  }
  plan.remove.push(...[...perNode.values()].flat().filter((pod) => !isTerminating(pod) && nodeOf(pod) !== ''));
  if (set.spec?.updateStrategy?.type !== 'OnDelete')
    plan.remove.push(...replaceable(set, outdated, wanted, unavailable, now));
  return plan;
}

/** Outdated pods that may go now: those that serve nobody at once, others within the budget. */
function replaceable(
  set: DaemonSet,
  outdated: readonly Pod[],
  wanted: number,
  unavailable: number,
  now: number,
): Pod[] {
  const limit = set.spec?.updateStrategy?.rollingUpdate?.maxUnavailable ?? 1;
  const most = Math.max(1, countOf(limit, wanted, Math.ceil));
  const minReady = set.spec?.minReadySeconds ?? 0;
  const idle = outdated.filter((pod) => !isAvailable(pod, minReady, now));
  const serving = outdated.filter((pod) => isAvailable(pod, minReady, now));
  return [...idle, ...serving.slice(0, Math.max(0, most - unavailable))];
}

/** The status for these nodes and pods. */
export function daemonSetStatus(
  set: DaemonSet,
  nodes: readonly Node[],
  pods: readonly Pod[],
  now: number,
): DaemonSetStatus {
  const perNode = group(pods.filter((pod) => !isTerminating(pod)));
  const status = {
    currentNumberScheduled: 0,
    numberMisscheduled: 0,
    desiredNumberScheduled: 0,
    numberReady: 0,
    updatedNumberScheduled: 0,
    numberAvailable: 0,
  };
  for (const node of nodes) {
    const [pod] = (perNode.get(node.metadata?.name ?? '') ?? []).sort(byAge);
    if (!suits(set, node).start) {
      if (pod !== undefined) status.numberMisscheduled += 1;
      continue;
    }
    status.desiredNumberScheduled += 1;
    if (pod === undefined) continue;
    status.currentNumberScheduled += 1;
    if (isReady(pod)) status.numberReady += 1;
    if (isAvailable(pod, set.spec?.minReadySeconds ?? 0, now)) status.numberAvailable += 1;
    if (pod.metadata?.labels?.[REVISION_LABEL] === revisionOf(set)) status.updatedNumberScheduled += 1;
  }
  const { numberAvailable, updatedNumberScheduled, ...always } = status;
  const numberUnavailable = status.desiredNumberScheduled - numberAvailable;
  const { generation } = set.metadata ?? {};
  return {
    ...always,
    ...(generation === undefined ? {} : { observedGeneration: generation }),
    // Kubernetes leaves these out when they are 0.
    ...(updatedNumberScheduled === 0 ? {} : { updatedNumberScheduled }),
    ...(numberAvailable === 0 ? {} : { numberAvailable }),
    ...(numberUnavailable === 0 ? {} : { numberUnavailable }),
  };
}

function group(pods: readonly Pod[]): Map<string, Pod[]> {
  const groups = new Map<string, Pod[]>();
  for (const pod of pods) groups.set(nodeOf(pod), [...(groups.get(nodeOf(pod)) ?? []), pod]);
  return groups;
}

function byAge(a: Pod, b: Pod): number {
  const [at, bt] = [a.metadata?.creationTimestamp ?? '', b.metadata?.creationTimestamp ?? ''];
  return at === bt ? (a.metadata?.name ?? '').localeCompare(b.metadata?.name ?? '') : at < bt ? -1 : 1;
}
