/**
 * The scheduler: takes all pods that wait, places them in one pass and binds them side by side. Where a pod may and
 * should go is place-pods.ts's. A pod that fits nowhere is looked at again whenever something changes that could help.
 */

import { CoalescingRunner } from '../../client/coalescing-runner.ts';
import { type InformerChange, keyOf } from '../../client/informer.ts';
import type { Component } from '../../objects/component.ts';
import { NODES, PODS, type ResourceType } from '../../objects/resource.ts';
import { timestamp } from '../../objects/timestamp.ts';
import { ApiError, hasReason } from '../../objects/transport.ts';
import type { ApiObject, Node, Pod, PodCondition } from '../../objects/wire.ts';
import type { ControllerContext } from '../controller-context.ts';
import { messageOf } from '../pod-control.ts';
import { conditionOf, isFinished, isTerminating } from '../pod-state.ts';
import { nodeLoads, type Placement, placePods, schedulingOrder } from './place-pods.ts';

const NAME = 'default-scheduler';
/** Bindings under way at once. */
const PARALLEL = 32;
/** Pods that fit nowhere are tried again after this long even when nothing seems to have changed. */
const RETRY_MS = 60_000;

/** The scheduler, as a component. */
export function scheduler(context: ControllerContext): Component {
  const { transport, now } = context;
  const nodes = context.informers.informer(NODES);
  const pods = context.informers.informer(PODS);
  const waiting = pods.index((pod) => (isWaiting(pod) ? ['waiting'] : []));
  const placed = pods.index((pod) => (pod.spec?.nodeName === undefined ? [] : ['placed']));
  const recorder = context.recorder(NAME);
  const runner = new CoalescingRunner(pass, (error) =>
    context.log.warn('scheduler: pass failed', { error: messageOf(error) }),
  );
  /** Bound by us and not yet seen so: key → the pod with its node. */
  const assumed = new Map<string, Pod>();
  /** Pods that fit nowhere, and what they were told. */
  const refused = new Map<string, string>();
  let started = false;
  let retry: NodeJS.Timeout | undefined;

  const request = (): void => void (started && runner.request());
  nodes.onChange((change) => {
    if (change.type !== 'updated' || affectsScheduling(change.previous, change.object)) request();
  });
  pods.onChange((change) => {
    const key = keyOf(change.object);
    if (change.type === 'deleted' || change.object.spec?.nodeName !== undefined) {
      assumed.delete(key);
      refused.delete(key);
    }
    if (isNewlyWaiting(change) || (refused.size > 0 && freesRoom(change))) request();
  });

  async function pass(): Promise<void> {
    const queue = waiting.get('waiting').filter((pod) => !assumed.has(keyOf(pod)));
    if (queue.length === 0) return;
    const loads = nodeLoads(nodes.list(), [...placed.get('placed'), ...assumed.values()]);
    const placements = placePods(queue.sort(schedulingOrder), loads);
    let next = 0;
    const worker = async (): Promise<void> => {
      for (let placement = placements[next++]; placement !== undefined; placement = placements[next++]) {
        if (placement.node === undefined) await refuse(placement.pod, placement.message ?? '');
        else await bind(placement, placement.node);
      }
    };
    const outcomes = await Promise.allSettled(Array.from({ length: PARALLEL }, worker));
    const failed = outcomes.find((outcome) => outcome.status === 'rejected');
    clearTimeout(retry);
    if (refused.size > 0) {
      retry = setTimeout(() => {
        // Say it again, so that whoever looks now finds a recent event.
        refused.clear();
        request();
      }, RETRY_MS);
    }
    if (failed !== undefined) throw failed.reason;
  }

  async function bind({ pod }: Placement, node: string): Promise<void> {
    const { name = '', namespace = '', uid } = pod.metadata ?? {};
    const key = keyOf(pod);
    const binding: ApiObject & { readonly target: object } = {
      apiVersion: 'v1',
      kind: 'Binding',
      metadata: { name, namespace, ...(uid === undefined ? {} : { uid }) },
      target: { apiVersion: 'v1', kind: 'Node', name: node },
    };
    assumed.set(key, { ...pod, spec: { ...pod.spec!, nodeName: node } });
    try {
      const type: ResourceType<ApiObject> = PODS;
      await transport.create(type, binding, { subresource: 'binding' });
      refused.delete(key);
      recorder.normal(
        { type: PODS, object: pod },
        'Scheduled',
        `Successfully assigned ${namespace}/${name} to ${node}`,
      );
    } catch (error) {
      assumed.delete(key);
      // Gone, or bound by somebody else: no longer ours to place.
      if (hasReason(error, 'NotFound') || hasReason(error, 'Conflict')) return;
      recorder.warning({ type: PODS, object: pod }, 'FailedScheduling', `binding rejected: ${messageOf(error)}`);
      throw error;
    }
  }

  async function refuse(pod: Pod, message: string): Promise<void> {
    const key = keyOf(pod);
    if (refused.get(key) === message) return;
    refused.set(key, message);
    recorder.warning({ type: PODS, object: pod }, 'FailedScheduling', message);
    const known = conditionOf(pod, 'PodScheduled');
    if (known?.status === 'False' && known.message === message) return;
    const { name = '', namespace = '', uid } = pod.metadata ?? {};
    const next: PodCondition = {
      type: 'PodScheduled',
      status: 'False',
      reason: 'Unschedulable',
      message,
      lastTransitionTime: known?.status === 'False' ? known.lastTransitionTime! : timestamp(now()),
    };
    // One condition of those there are by now: others' come and go meanwhile.
    const patch = { metadata: { uid }, status: { conditions: [next] } };
    try {
      await transport.patch(PODS, { name, namespace }, 'strategic', patch, {
        subresource: 'status',
        fieldManager: 'kube-scheduler',
      });
    } catch (error) {
      if (!(error instanceof ApiError)) throw error;
      // The event has said it; the condition follows with the next attempt.
      if (!hasReason(error, 'NotFound')) refused.delete(key);
    }
  }

  return {
    name: 'scheduler',
    async start() {
      await context.informers.start();
      started = true;
      runner.request();
      // A first pass that fails is retried; the lab need not wait for that.
      await Promise.race([runner.settled(), new Promise<void>((resolve) => setTimeout(resolve, 1_000).unref())]);
    },
    async stop() {
      started = false;
      clearTimeout(retry);
      await runner.stop();
    },
  };
}

function isWaiting(pod: Pod): boolean {
  const { nodeName, schedulerName = NAME, schedulingGates = [] } = pod.spec ?? {};
  if (nodeName !== undefined && nodeName !== '') return false;
  return schedulerName === NAME && schedulingGates.length === 0 && !isTerminating(pod) && !isFinished(pod);
}

function isNewlyWaiting(change: InformerChange<Pod>): boolean {
  if (change.type === 'deleted' || !isWaiting(change.object)) return false;
  // An update of a waiting pod that is not its status alone: tolerations may have been added.
  return change.type === 'added' || change.previous.spec !== change.object.spec;
}

/** A pod that leaves its node, or ends there. */
function freesRoom(change: InformerChange<Pod>): boolean {
  if (change.object.spec?.nodeName === undefined) return false;
  if (change.type === 'deleted') return true;
  return change.type === 'updated' && isFinished(change.object) && !isFinished(change.previous);
}

function affectsScheduling(previous: Node, next: Node): boolean {
  const facts = ({ metadata, spec, status }: Node): string => {
    const ready = status?.conditions?.find(({ type }) => type === 'Ready')?.status;
    return JSON.stringify([metadata?.labels, spec?.unschedulable, spec?.taints, ready, status?.allocatable]);
  };
  return facts(previous) !== facts(next);
}
