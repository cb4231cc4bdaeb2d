/**
 * Keeps as many pods as a ReplicaSet or a ReplicationController asks for. The two differ only in what a `ReplicaKind`
 * says. Which pods go first is deletion-order.ts's, what the status says replica-status.ts's.
 */
import { isDeepStrictEqual } from 'node:util';
import { type InformerChange, keyOf } from '../../client/informer.ts';
import { RecentWrites } from '../../client/recent-writes.ts';
import type { Component } from '../../objects/component.ts';
import { PODS, type ResourceType } from '../../objects/resource.ts';
import type { ApiObject, Pod, PodTemplateSpec } from '../../objects/wire.ts';
import { claim, decideClaims } from '../claim.ts';
import type { ControllerContext } from '../controller-context.ts';
import { KeyedController } from '../keyed-controller.ts';
import { byController, byNamespaceIfOrphan, controllerOf } from '../owner-reference.ts';
import { inGrowingBatches, messageOf, PodControl, type PodOwner, podFromTemplate } from '../pod-control.ts';
import { isActive, isFinished, isTerminating } from '../pod-state.ts';
import { inDeletionOrder } from './deletion-order.ts';
import { type ReplicaStatus, replicaStatus } from './replica-status.ts';

export interface ReplicaSpec {
  readonly replicas?: number;
  readonly minReadySeconds?: number;
  readonly template?: PodTemplateSpec;
}

/** What ReplicaSets and ReplicationControllers do not share. */
export interface ReplicaKind<T extends ReplicaObject> {
  readonly type: ResourceType<T>;
  /** `replicaset-controller`: its name in the log and under `From`. */
  readonly name: string;
  selects(object: T, labels: Readonly<Record<string, string>> | undefined): boolean;
}

export type ReplicaObject = ApiObject & { spec?: ReplicaSpec; status?: ReplicaStatus };

/** Pods created or deleted in one go; more follow in the next. */
const BURST = 500;
const CONCURRENCY = 5;

/** The controller of one kind, as a component. */
export function replicaController<T extends ReplicaObject>(
  context: ControllerContext,
  kind: ReplicaKind<T>,
): Component {
  const sets = context.informers.informer(kind.type);
  const setsOfOwner = sets.index(byController);
  const setsOfNamespace = sets.index((object) => [object.metadata?.namespace ?? '']);
  const pods = context.informers.informer(PODS);
  const podsOfOwner = pods.index(byController);
  const orphans = pods.index(byNamespaceIfOrphan);
  const writes = new RecentWrites(pods, context.now);
  const control = new PodControl(context.transport, context.recorder(kind.name), writes);
  const controller = new KeyedController(kind.name, context, reconcile, { concurrency: CONCURRENCY });
  const { queue } = controller;

  sets.onChange(({ object }) => queue.add(keyOf(object)));
  pods.onChange(podChanged);

  function podChanged(change: InformerChange<Pod>): void {
    const namespace = change.object.metadata?.namespace ?? '';
    const versions = change.type === 'updated' ? [change.object, change.previous] : [change.object];
    for (const pod of versions) {
      const owner = controllerOf(pod);
      if (owner?.kind === kind.type.kind) queue.add(`${namespace}/${owner.name}`);
    }
    if (controllerOf(change.object) !== undefined || change.type === 'deleted') return;
    for (const set of setsOfNamespace.get(namespace)) {
      if (kind.selects(set, change.object.metadata?.labels)) queue.add(keyOf(set));
    }
  }

  async function reconcile(key: string): Promise<void> {
    const set = sets.get(key);
    if (set === undefined) return;
    const { uid = '', namespace = '', deletionTimestamp } = set.metadata ?? {};
    const cached = [...podsOfOwner.get(uid), ...orphans.get(namespace)];
    const known = writes.overlay(cached, (pod) => controllerOf(pod)?.uid === uid);
    const selects = (pod: Pod): boolean => kind.selects(set, pod.metadata?.labels);
    const candidates = known.filter((pod) => !isFinished(pod));
    const claims = decideClaims(set, selects, candidates);
    const owned = await claim(context.transport, { type: kind.type, object: set }, PODS, claims, writes);
    const active = owned.filter(isActive);

    let failure: { reason: 'FailedCreate' | 'FailedDelete'; message: string } | undefined;
    let failed: unknown;
    if (deletionTimestamp === undefined) {
      const difference = (set.spec?.replicas ?? 1) - active.length;
      try {
        await adjust(set, active, difference);
      } catch (error) {
        failed = error;
        failure = { reason: difference > 0 ? 'FailedCreate' : 'FailedDelete', message: messageOf(error) };
      }
    }
    await writeStatus(set, owned, failure);
    if (failed !== undefined) throw failed;
  }

  async function adjust(set: T, active: readonly Pod[], difference: number): Promise<void> {
    const owner: PodOwner = { type: kind.type, object: set };
    if (difference > 0) {
      const pod = podFromTemplate(owner, set.spec?.template ?? {});
      const missing = Array.from({ length: Math.min(difference, BURST) }, () => pod);
      await inGrowingBatches(missing, (each) => control.create(owner, each));
      if (difference > BURST) queue.add(keyOf(set));
    } else if (difference < 0) {
      const order = inDeletionOrder(active, relatedPods(set, active), context.now());
      await Promise.all(order.slice(0, Math.min(-difference, BURST)).map((pod) => control.delete(owner, pod)));
      if (-difference > BURST) queue.add(keyOf(set));
    }
  }

  /** The pods of all sets of the same owner (those of one Deployment): what a node has many of goes first. */
  function relatedPods(set: T, own: readonly Pod[]): readonly Pod[] {
    const owner = controllerOf(set)?.uid;
    if (owner === undefined) return own;
    return setsOfOwner.get(owner).flatMap((each) => podsOfOwner.get(each.metadata?.uid ?? '').filter(isActive));
  }

  async function writeStatus(
    set: T,
    owned: readonly Pod[],
    failure: Parameters<typeof replicaStatus>[0]['failure'],
  ): Promise<void> {
    const { uid = '' } = set.metadata ?? {};
    // What this pass created or deleted counts already.
    const pods = writes
      .overlay(owned, (pod) => controllerOf(pod)?.uid === uid)
      .filter((pod) => controllerOf(pod)?.uid === uid);
    const minReadySeconds = set.spec?.minReadySeconds ?? 0;
    const status = replicaStatus({
      pods: pods.filter(isActive),
      terminating: podsOfOwner
        .get(uid)
        .filter((pod) => !isFinished(pod) && (isTerminating(pod) || writes.isDeleted(pod))),
      templateLabels: set.spec?.template?.metadata?.labels ?? {},
      minReadySeconds,
      generation: set.metadata?.generation,
      failure,
      previous: set.status,
      now: context.now(),
    });
    if (!isDeepStrictEqual(withoutZeros(set.status), withoutZeros(status))) {
      await context.transport.update(kind.type, { ...set, status }, { subresource: 'status' });
    }
    const waiting = minReadySeconds > 0 && (status.readyReplicas ?? 0) > (status.availableReplicas ?? 0);
    if (waiting) queue.addAfter(keyOf(set), minReadySeconds * 1000);
  }

  return controller;
}

/** A count that is absent and one that is 0 say the same. */
function withoutZeros(status: ReplicaStatus | undefined): Record<string, unknown> {
  const entries = Object.entries(status ?? {}).filter(
    ([key, value]) => (value !== 0 || key === 'replicas') && !(Array.isArray(value) && value.length === 0),
  );
  return { replicas: 0, ...Object.fromEntries(entries) };
}
