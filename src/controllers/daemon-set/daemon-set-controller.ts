/** DaemonSets: carries out the plan of plan-daemon-set.ts and writes the status. */
import { isDeepStrictEqual } from 'node:util';
import { keyOf } from '../../client/informer.ts';
import { RecentWrites } from '../../client/recent-writes.ts';
import type { Component } from '../../objects/component.ts';
import { matchesSelector } from '../../objects/label-selector.ts';
import { DAEMON_SETS, NODES, PODS } from '../../objects/resource.ts';
import type { DaemonSet, Node, Pod } from '../../objects/wire.ts';
import { claim, decideClaims } from '../claim.ts';
import type { ControllerContext } from '../controller-context.ts';
import { KeyedController } from '../keyed-controller.ts';
import { byController, byNamespaceIfOrphan, controllerOf } from '../owner-reference.ts';
import { inGrowingBatches, PodControl } from '../pod-control.ts';
import { asTerminating } from '../pod-state.ts';
import { RevisionHistory } from '../revisions/revision-history.ts';
import { daemonSetStatus, planDaemonSet, REVISION_LABEL, revisionOf } from './plan-daemon-set.ts';

const NAME = 'daemonset-controller';

/** The DaemonSet controller, as a component. */
export function daemonSetController(context: ControllerContext): Component {
  const { transport, now } = context;
  const sets = context.informers.informer(DAEMON_SETS);
  const setsOfNamespace = sets.index((object) => [object.metadata?.namespace ?? '']);
  const nodes = context.informers.informer(NODES);
  const pods = context.informers.informer(PODS);
  const podsOfOwner = pods.index(byController);
  const orphans = pods.index(byNamespaceIfOrphan);
  const history = new RevisionHistory(context);
  const writes = new RecentWrites(pods, now);
  const control = new PodControl(transport, context.recorder(NAME), writes);
  const controller = new KeyedController(NAME, context, reconcile, { concurrency: 2 });
  const { queue } = controller;

  sets.onChange(({ object }) => queue.add(keyOf(object)));
  history.onChange('DaemonSet', (key) => queue.add(key));
  nodes.onChange((change) => {
    if (change.type === 'updated' && !suitabilityChanged(change.previous, change.object)) return;
    for (const set of sets.list()) queue.add(keyOf(set));
  });
  pods.onChange((change) => {
    const { namespace = '' } = change.object.metadata ?? {};
    const versions = change.type === 'updated' ? [change.object, change.previous] : [change.object];
    for (const pod of versions) {
      const owner = controllerOf(pod);
      if (owner?.kind === 'DaemonSet') queue.add(`${namespace}/${owner.name}`);
    }
    if (controllerOf(change.object) !== undefined || change.type === 'deleted') return;
    for (const set of setsOfNamespace.get(namespace)) {
      if (matchesSelector(set.spec?.selector, change.object.metadata?.labels)) queue.add(keyOf(set));
    }
  });

  async function reconcile(key: string): Promise<void> {
    const set = sets.get(key);
    if (set === undefined) return;
    const { uid = '', namespace = '' } = set.metadata ?? {};
    const cached = [...podsOfOwner.get(uid), ...orphans.get(namespace)];
    const known = writes.overlay(cached, (pod) => controllerOf(pod)?.uid === uid);
    const selects = (pod: Pod): boolean => matchesSelector(set.spec?.selector, pod.metadata?.labels);
    const claims = decideClaims(set, selects, known);
    const owned = await claim(transport, { type: DAEMON_SETS, object: set }, PODS, claims, writes);
    // A pod we deleted holds its node until it is gone.
    const leaving = podsOfOwner.get(uid).filter((pod) => writes.isDeleted(pod));
    await keepHistory(set, owned);
    const plan = planDaemonSet(set, nodes.list(), [...owned, ...leaving.map(asTerminating)], now());
    const owner = { type: DAEMON_SETS, object: set };
    await Promise.all(plan.remove.map((pod) => control.delete(owner, pod)));
    await inGrowingBatches(plan.create, (pod) => control.create(owner, pod));
    await writeStatus(set);
  }

  async function keepHistory(set: DaemonSet, owned: readonly Pod[]): Promise<void> {
    const nameOf = (hash: string): string => `${set.metadata?.name}-${hash}`;
    const hash = revisionOf(set);
    const hashes = owned.map((pod) => pod.metadata?.labels?.[REVISION_LABEL]).filter((each) => each !== undefined);
    const names = { name: nameOf(hash), labels: { [REVISION_LABEL]: hash } };
    await history.keep({ type: DAEMON_SETS, object: set }, names, new Set(hashes.map(nameOf)));
  }

  async function writeStatus(set: DaemonSet): Promise<void> {
    const { uid = '' } = set.metadata ?? {};
    const pods = writes.overlay(podsOfOwner.get(uid), (pod) => controllerOf(pod)?.uid === uid);
    const status = daemonSetStatus(set, nodes.list(), pods, now());
    if (!isDeepStrictEqual(status, set.status)) {
      await transport.update(DAEMON_SETS, { ...set, status }, { subresource: 'status' });
    }
    const { minReadySeconds = 0 } = set.spec ?? {};
    if (minReadySeconds > 0 && status.numberReady > (status.numberAvailable ?? 0)) {
      queue.addAfter(keyOf(set), minReadySeconds * 1000);
    }
  }

  return controller;
}

function suitabilityChanged(previous: Node, next: Node): boolean {
  const facts = ({ metadata, spec }: Node): string =>
    JSON.stringify([metadata?.labels, spec?.taints, spec?.unschedulable]);
  return facts(previous) !== facts(next);
}
