/** A node's health from its heartbeats: conditions and taints as the node lifecycle controller writes them. Pure. */
import { timestamp } from '../../objects/timestamp.ts';
import type { Lease, Node, Pod } from '../../objects/wire.ts';
import { type Taint, type Toleration, tolerates } from '../scheduler/tolerations.ts';

export type NodeCondition = NonNullable<NonNullable<Node['status']>['conditions']>[number];

export const NOT_READY = 'node.kubernetes.io/not-ready';
export const UNREACHABLE = 'node.kubernetes.io/unreachable';
/** Conditions a silent kubelet can no longer vouch for. */
const KUBELET_CONDITIONS = ['Ready', 'MemoryPressure', 'DiskPressure', 'PIDPressure'];
/** Taints that follow from conditions, by type and status. */
const CONDITION_TAINTS: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  Ready: { False: NOT_READY, Unknown: UNREACHABLE },
  MemoryPressure: { True: 'node.kubernetes.io/memory-pressure' },
  DiskPressure: { True: 'node.kubernetes.io/disk-pressure' },
  PIDPressure: { True: 'node.kubernetes.io/pid-pressure' },
  NetworkUnavailable: { True: 'node.kubernetes.io/network-unavailable' },
};
const UNSCHEDULABLE = 'node.kubernetes.io/unschedulable';
const OURS = new Set([...Object.values(CONDITION_TAINTS).flatMap((taints) => Object.values(taints)), UNSCHEDULABLE]);

export function readyCondition(node: Node): NodeCondition | undefined {
  return node.status?.conditions?.find(({ type }) => type === 'Ready');
}

/** A text that changes with every sign of life: the Lease's renewal and the status' heartbeat. */
export function heartbeatOf(node: Node, lease: Lease | undefined): string {
  return `${lease?.spec?.renewTime ?? ''} ${readyCondition(node)?.lastHeartbeatTime ?? ''} ${readyCondition(node)?.status ?? ''}`;
}

/** The conditions of a node whose kubelet has fallen silent; the same array when they say so already. */
export function silentConditions(node: Node, now: number): NodeCondition[] {
  const present = node.status?.conditions ?? [];
  const at = timestamp(now);
  let changed = false;
  const conditions = [...present];
  for (const type of KUBELET_CONDITIONS) {
    const index = conditions.findIndex((condition) => condition.type === type);
    const known = conditions[index];
    if (known?.status === 'Unknown') continue;
    changed = true;
    const next: NodeCondition = {
      type,
      status: 'Unknown',
      reason: known === undefined ? 'NodeStatusNeverUpdated' : 'NodeStatusUnknown',
      message: known === undefined ? 'Kubelet never posted node status.' : 'Kubelet stopped posting node status.',
      lastHeartbeatTime: known?.lastHeartbeatTime ?? node.metadata?.creationTimestamp ?? at,
      lastTransitionTime: at,
    };
    if (index < 0) conditions.push(next);
    else conditions[index] = next;
  }
  return changed ? conditions : present;
}

/** The taints the node should have: others' are kept, ours follow its conditions. The same array when nothing changes. */
export function taintsFor(node: Node, now: number): Taint[] {
  const present = node.spec?.taints ?? [];
  const wanted: Taint[] = [];
  for (const { type, status } of node.status?.conditions ?? []) {
    const key = CONDITION_TAINTS[type]?.[status];
    if (key === undefined) continue;
    wanted.push({ key, effect: 'NoSchedule' });
    // Only a node that is not ready drives out what runs on it.
    if (type === 'Ready') wanted.push({ key, effect: 'NoExecute', timeAdded: timestamp(now) });
  }
  if (node.spec?.unschedulable === true) wanted.push({ key: UNSCHEDULABLE, effect: 'NoSchedule' });
  const same = (a: Taint, b: Taint): boolean => a.key === b.key && a.effect === b.effect;
  const kept = present.filter((taint) => !OURS.has(taint.key) || wanted.some((each) => same(each, taint)));
  const added = wanted.filter((taint) => !present.some((each) => same(each, taint)));
  return kept.length === present.length && added.length === 0 ? present : [...kept, ...added];
}

/** What Kubernetes' admission gives every pod that says nothing else: five minutes on a node that is not ready. */
const DEFAULT_SECONDS = 300;

/**
 * When a pod must leave its node because of a `NoExecute` taint, in milliseconds since the epoch; undefined: it may
 * stay. The shortest toleration counts.
 */
export function evictionTime(pod: Pod, taints: readonly Taint[], now: number): number | undefined {
  const tolerations: readonly Toleration[] = pod.spec?.tolerations ?? [];
  let earliest: number | undefined;
  for (const taint of taints.filter(({ effect }) => effect === 'NoExecute')) {
    const matching = tolerations.filter((toleration) => tolerates(toleration, taint));
    const byDefault = matching.length === 0 && (taint.key === NOT_READY || taint.key === UNREACHABLE);
    const limits = byDefault ? [DEFAULT_SECONDS] : matching.map(({ tolerationSeconds }) => tolerationSeconds);
    if (limits.length > 0 && limits.every((seconds) => seconds === undefined)) continue;
    const seconds = limits.length === 0 ? 0 : Math.min(...limits.filter((each) => each !== undefined));
    const since = taint.timeAdded === undefined ? now : Date.parse(String(taint.timeAdded));
    const at = since + Math.max(0, seconds) * 1000;
    earliest = Math.min(earliest ?? at, at);
  }
  return earliest;
}
