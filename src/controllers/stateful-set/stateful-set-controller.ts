/** StatefulSets: carries out the plan of plan-stateful-set.ts and writes the status. */
import { isDeepStrictEqual } from 'node:util';
import { keyOf } from '../../client/informer.ts';
import { RecentWrites } from '../../client/recent-writes.ts';
import type { Component } from '../../objects/component.ts';
import { matchesSelector } from '../../objects/label-selector.ts';
import { PODS, STATEFUL_SETS } from '../../objects/resource.ts';
import { hasReason } from '../../objects/transport.ts';
import type { Pod, StatefulSet } from '../../objects/wire.ts';
import { claim, decideClaims } from '../claim.ts';
import type { ControllerContext } from '../controller-context.ts';
import { KeyedController } from '../keyed-controller.ts';
import { byController, byNamespaceIfOrphan, controllerOf } from '../owner-reference.ts';
import { isNamespaceTerminating, messageOf } from '../pod-control.ts';
import { asTerminating } from '../pod-state.ts';
import { templateOf } from '../revisions/plan-revisions.ts';
import { RevisionHistory } from '../revisions/revision-history.ts';
import {
  type FormerRevision,
  ordinalOf,
  planStatefulSet,
  REVISION_LABEL,
  revisionOf,
  statefulSetStatus,
} from './plan-stateful-set.ts';

const NAME = 'statefulset-controller';
const HASH_LABEL = 'controller.kubernetes.io/hash';

/** The StatefulSet controller, as a component. */
export function statefulSetController(context: ControllerContext): Component {
  const { transport, now } = context;
  const sets = context.informers.informer(STATEFUL_SETS);
  const pods = context.informers.informer(PODS);
  const podsOfOwner = pods.index(byController);
  const orphans = pods.index(byNamespaceIfOrphan);
  const writes = new RecentWrites(pods, now);
  const history = new RevisionHistory(context);
  const recorder = context.recorder(NAME);
  const controller = new KeyedController(NAME, context, reconcile, { concurrency: 5 });
  const { queue } = controller;

  sets.onChange(({ object }) => queue.add(keyOf(object)));
  history.onChange('StatefulSet', (key) => queue.add(key));
  pods.onChange((change) => {
    const { namespace } = change.object.metadata ?? {};
    const versions = change.type === 'updated' ? [change.object, change.previous] : [change.object];
    for (const pod of versions) {
      const owner = controllerOf(pod);
      // A pod of a set's name that nobody controls is one to adopt.
      const name = owner === undefined ? /^(.+)-\d+$/.exec(pod.metadata?.name ?? '')?.[1] : owner.name;
      if (owner !== undefined && owner.kind !== 'StatefulSet') continue;
      if (name !== undefined && sets.get(`${namespace}/${name}`) !== undefined) queue.add(`${namespace}/${name}`);
    }
  });

  async function reconcile(key: string): Promise<void> {
    const set = sets.get(key);
    if (set === undefined) return;
    const { uid = '', namespace = '' } = set.metadata ?? {};
    const cached = [...podsOfOwner.get(uid), ...orphans.get(namespace)];
    const known = writes.overlay(cached, (pod) => controllerOf(pod)?.uid === uid);
    const selects = (pod: Pod): boolean =>
      matchesSelector(set.spec?.selector, pod.metadata?.labels) && ordinalOf(set, pod) !== undefined;
    const claims = decideClaims(set, selects, known);
    const owned = await claim(transport, { type: STATEFUL_SETS, object: set }, PODS, claims, writes);
    // A pod we deleted still has its name until it is gone.
    const leaving = podsOfOwner.get(uid).filter((pod) => writes.isDeleted(pod));
    await keepHistory(set, owned);
    const plan = planStatefulSet(set, [...owned, ...leaving.map(asTerminating)], now(), formerOf(set));
    for (const pod of plan.remove) await remove(set, pod);
    for (const pod of plan.create) await create(set, pod);
    await writeStatus(set);
  }

  async function keepHistory(set: StatefulSet, owned: readonly Pod[]): Promise<void> {
    const name = revisionOf(set);
    const { currentRevision, updateRevision } = set.status ?? {};
    const spokenOf = [currentRevision, updateRevision, ...owned.map((pod) => pod.metadata?.labels?.[REVISION_LABEL])];
    const labels = { [HASH_LABEL]: name.slice((set.metadata?.name ?? '').length + 1) };
    const inUse = new Set(spokenOf.filter((each) => each !== undefined));
    await history.keep({ type: STATEFUL_SETS, object: set }, { name, labels }, inUse);
  }

  function formerOf(set: StatefulSet): FormerRevision | undefined {
    const name = set.status?.currentRevision;
    if (name === undefined || name === revisionOf(set)) return undefined;
    const revision = history.of(set).find(({ metadata }) => metadata?.name === name);
    const template = revision === undefined ? undefined : templateOf(revision);
    return template === undefined ? undefined : { name, template };
  }

  async function create(set: StatefulSet, pod: Pod): Promise<void> {
    const subject = { type: STATEFUL_SETS, object: set };
    const what = `Pod ${pod.metadata?.name} in StatefulSet ${set.metadata?.name}`;
    try {
      writes.wrote(await transport.create(PODS, pod));
      recorder.normal(subject, 'SuccessfulCreate', `create ${what} successful`);
    } catch (error) {
      if (isNamespaceTerminating(error)) return;
      recorder.warning(subject, 'FailedCreate', `create ${what} failed error: ${messageOf(error)}`);
      throw error;
    }
  }

  async function remove(set: StatefulSet, pod: Pod): Promise<void> {
    const { name = '', namespace = '', uid } = pod.metadata ?? {};
    const subject = { type: STATEFUL_SETS, object: set };
    const what = `Pod ${name} in StatefulSet ${set.metadata?.name}`;
    try {
      const preconditions = uid === undefined ? {} : { preconditions: { uid } };
      await transport.delete(PODS, { name, namespace }, preconditions);
      recorder.normal(subject, 'SuccessfulDelete', `delete ${what} successful`);
    } catch (error) {
      if (!hasReason(error, 'NotFound')) {
        recorder.warning(subject, 'FailedDelete', `delete ${what} failed error: ${messageOf(error)}`);
        throw error;
      }
    }
    writes.deleted(pod);
  }

  async function writeStatus(set: StatefulSet): Promise<void> {
    const { uid = '' } = set.metadata ?? {};
    const pods = writes.overlay(podsOfOwner.get(uid), (pod) => controllerOf(pod)?.uid === uid);
    const status = statefulSetStatus(set, pods, now());
    if (!isDeepStrictEqual(status, set.status)) {
      await transport.update(STATEFUL_SETS, { ...set, status }, { subresource: 'status' });
    }
    const { minReadySeconds = 0 } = set.spec ?? {};
    if (minReadySeconds > 0 && (status.readyReplicas ?? 0) > (status.availableReplicas ?? 0)) {
      queue.addAfter(keyOf(set), minReadySeconds * 1000);
    }
  }

  return controller;
}
