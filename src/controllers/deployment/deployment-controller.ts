/**
 * Deployments: from the present template to the next, ReplicaSet by ReplicaSet. Knows the order of the steps; how far
 * a step may go is rolling-update.ts's and proportional-scale.ts's, what the status says deployment-status.ts's, and
 * the writes are deployment-writer.ts's.
 */
import { isDeepStrictEqual } from 'node:util';
import { type InformerChange, keyOf } from '../../client/informer.ts';
import { RecentWrites } from '../../client/recent-writes.ts';
import type { Component } from '../../objects/component.ts';
import { matchesSelector } from '../../objects/label-selector.ts';
import { DEPLOYMENTS, PODS, REPLICA_SETS } from '../../objects/resource.ts';
import type { Deployment, ReplicaSet } from '../../objects/wire.ts';
import { claim, decideClaims } from '../claim.ts';
import type { ControllerContext } from '../controller-context.ts';
import { KeyedController } from '../keyed-controller.ts';
import { byController, byNamespaceIfOrphan, controllerOf } from '../owner-reference.ts';
import { isFinished } from '../pod-state.ts';
import {
  conditionOf,
  countedStatus,
  type DeploymentStatus,
  deadlineAt,
  hasDeadline,
  isComplete,
  rolloutStatus,
  withCondition,
} from './deployment-status.ts';
import { DeploymentWriter, type NewSet } from './deployment-writer.ts';
import { isActiveSet, isScalingEvent, proportionalSizes } from './proportional-scale.ts';
import { expiredSets, newAndOldSets } from './revision.ts';
import { isRolling, newSetSize, oldSetSizes, replicasOf } from './rolling-update.ts';

const NAME = 'deployment-controller';
const CONCURRENCY = 5;

interface Rollout {
  /** Carries the conditions this pass has set so far. */
  deployment: Deployment;
  current: ReplicaSet | undefined;
  old: ReplicaSet[];
}

/** The Deployment controller, as a component. */
export function deploymentController(context: ControllerContext): Component {
  const { transport, now } = context;
  const deployments = context.informers.informer(DEPLOYMENTS);
  const deploymentsOfNamespace = deployments.index((object) => [object.metadata?.namespace ?? '']);
  const sets = context.informers.informer(REPLICA_SETS);
  const setsOfOwner = sets.index(byController);
  const orphans = sets.index(byNamespaceIfOrphan);
  const pods = context.informers.informer(PODS);
  const podsOfOwner = pods.index(byController);
  const writes = new RecentWrites(sets, now);
  const writer = new DeploymentWriter(transport, context.recorder(NAME), writes);
  const controller = new KeyedController(NAME, context, reconcile, { concurrency: CONCURRENCY });
  const { queue } = controller;

  deployments.onChange(({ object }) => queue.add(keyOf(object)));
  sets.onChange(setChanged);
  pods.onChange((change) => {
    // `Recreate` waits for the last old pod to be gone.
    if (change.type !== 'deleted') return;
    const owner = controllerOf(change.object);
    const set =
      owner?.kind === 'ReplicaSet' ? sets.get(`${change.object.metadata?.namespace}/${owner.name}`) : undefined;
    if (set !== undefined) enqueueOwner(set);
  });

  function enqueueOwner(set: ReplicaSet): void {
    const owner = controllerOf(set);
    if (owner?.kind === 'Deployment') queue.add(`${set.metadata?.namespace}/${owner.name}`);
  }

  function setChanged(change: InformerChange<ReplicaSet>): void {
    if (change.type === 'updated') enqueueOwner(change.previous);
    enqueueOwner(change.object);
    if (controllerOf(change.object) !== undefined || change.type === 'deleted') return;
    for (const deployment of deploymentsOfNamespace.get(change.object.metadata?.namespace ?? '')) {
      const { selector } = deployment.spec ?? {};
      if (matchesSelector(selector, change.object.metadata?.labels)) queue.add(keyOf(deployment));
    }
  }

  async function reconcile(key: string): Promise<void> {
    const deployment = deployments.get(key);
    if (deployment === undefined) return;
    const owned = await ownedSets(deployment);
    const rollout: Rollout = { deployment, ...newAndOldSets(deployment, owned) };
    if (deployment.metadata?.deletionTimestamp !== undefined) {
      await writeStatus(deployment, countedStatus(deployment, rollout.current, rollout.old, now()));
      return;
    }
    setPauseCondition(rollout);
    if (deployment.spec?.paused === true || isScalingEvent(deployment, owned)) await resize(rollout, deployment);
    else if (isRolling(deployment)) await rollOut(rollout, deployment);
    else await recreate(rollout, deployment);
  }

  async function ownedSets(deployment: Deployment): Promise<ReplicaSet[]> {
    const { uid = '', namespace = '' } = deployment.metadata ?? {};
    const cached = [...setsOfOwner.get(uid), ...orphans.get(namespace)];
    const known = writes.overlay(cached, (set) => controllerOf(set)?.uid === uid);
    const selects = (set: ReplicaSet): boolean => matchesSelector(deployment.spec?.selector, set.metadata?.labels);
    const claims = decideClaims(deployment, selects, known);
    return await claim(transport, { type: DEPLOYMENTS, object: deployment }, REPLICA_SETS, claims, writes);
  }

  /** Paused, or scaled while a rollout is under way: sizes change, templates do not. */
  async function resize(rollout: Rollout, stored: Deployment): Promise<void> {
    const { deployment } = rollout;
    if (rollout.current !== undefined) await refresh(rollout);
    const sizes = new Map(
      proportionalSizes(deployment, rollout.current, rollout.old).map(({ set, replicas }) => [set, replicas]),
    );
    const all = rollout.current === undefined ? rollout.old : [...rollout.old, rollout.current];
    for (const set of all) {
      // Also those that keep their size take note of the Deployment's new one, else it would count as changed for ever.
      if (!isActiveSet(set) && !sizes.has(set)) continue;
      replaceSet(rollout, set, await writer.scale(deployment, set, sizes.get(set) ?? replicasOf(set)));
    }
    if (deployment.spec?.paused === true) await cleanUp(rollout);
    await writeStatus(stored, countedStatus(rollout.deployment, rollout.current, rollout.old, now()));
  }

  async function rollOut(rollout: Rollout, stored: Deployment): Promise<void> {
    const ready = await ensureCurrent(rollout, stored);
    const { deployment, current, old } = rollout;
    if (!ready || current === undefined) return;
    const size = newSetSize(deployment, [...old, current], current);
    if (size !== replicasOf(current)) {
      replaceSet(rollout, current, await writer.scale(deployment, current, size));
    } else {
      const shrinking = oldSetSizes(deployment, old, current);
      for (const { set, replicas } of shrinking)
        replaceSet(rollout, set, await writer.scale(deployment, set, replicas));
      if (shrinking.length === 0 && isComplete(deployment, deployment.status ?? {})) await cleanUp(rollout);
    }
    await finish(rollout, stored);
  }

  async function recreate(rollout: Rollout, stored: Deployment): Promise<void> {
    const active = rollout.old.filter(isActiveSet);
    for (const set of active) replaceSet(rollout, set, await writer.scale(rollout.deployment, set, 0));
    const oldPods = rollout.old.flatMap((set) => podsOfOwner.get(set.metadata?.uid ?? ''));
    if (active.length > 0 || oldPods.some((pod) => !isFinished(pod))) {
      await finish(rollout, stored);
      return;
    }
    if (!(await ensureCurrent(rollout, stored))) return;
    const { deployment, current } = rollout;
    if (current !== undefined && replicasOf(current) !== replicasOf(deployment)) {
      replaceSet(rollout, current, await writer.scale(deployment, current, replicasOf(deployment)));
    }
    if (isComplete(deployment, deployment.status ?? {})) await cleanUp(rollout);
    await finish(rollout, stored);
  }

  /** Finds or makes the new ReplicaSet. False when it could not be had: the status says why, and the key comes back. */
  async function ensureCurrent(rollout: Rollout, stored: Deployment): Promise<boolean> {
    if (rollout.current !== undefined) {
      await refresh(rollout);
      return true;
    }
    const made = await writer.createNewSet(rollout.deployment, rollout.old);
    note(rollout, made);
    if (made.error === undefined) return made.set !== undefined;
    const status = { ...rollout.deployment.status };
    if (made.collision === true) status.collisionCount = (status.collisionCount ?? 0) + 1;
    await writeStatus(stored, status);
    throw made.error;
  }

  async function refresh(rollout: Rollout): Promise<void> {
    const found = await writer.refreshNewSet(rollout.deployment, rollout.current!, rollout.old);
    const known = conditionOf(rollout.deployment.status, 'Progressing');
    note(rollout, known === undefined ? found : { set: found.set });
  }

  function note(rollout: Rollout, { set, progress }: NewSet): void {
    rollout.current = set;
    if (progress === undefined || !hasDeadline(rollout.deployment)) return;
    setCondition(rollout, { type: 'Progressing', ...progress });
  }

  /** A pause stops the progress deadline's clock. */
  function setPauseCondition(rollout: Rollout): void {
    const { deployment } = rollout;
    if (!hasDeadline(deployment)) return;
    const known = conditionOf(deployment.status, 'Progressing');
    if (known?.reason === 'ProgressDeadlineExceeded') return;
    const paused = deployment.spec?.paused === true;
    if (paused === (known?.reason === 'DeploymentPaused')) return;
    if (!paused && known?.reason !== 'DeploymentPaused') return;
    const reason = paused ? 'DeploymentPaused' : 'DeploymentResumed';
    const message = paused ? 'Deployment is paused' : 'Deployment is resumed';
    setCondition(rollout, { type: 'Progressing', status: 'Unknown', reason, message });
  }

  function setCondition(rollout: Rollout, condition: Parameters<typeof withCondition>[1]): void {
    const conditions = withCondition(rollout.deployment.status?.conditions ?? [], condition, now());
    rollout.deployment = { ...rollout.deployment, status: { ...rollout.deployment.status, conditions } };
  }

  async function cleanUp(rollout: Rollout): Promise<void> {
    for (const set of expiredSets(rollout.deployment, rollout.old)) await writer.remove(set);
  }

  async function finish(rollout: Rollout, stored: Deployment): Promise<void> {
    const { deployment, current, old } = rollout;
    const status = rolloutStatus(deployment, current, old, now());
    const shown = current === undefined ? stored : await writer.showRevision(stored, current);
    await writeStatus(shown, status);
    const progressing = conditionOf(status, 'Progressing');
    if (progressing === undefined || isComplete(deployment, status)) return;
    if (progressing.reason === 'ProgressDeadlineExceeded' || progressing.reason === 'NewReplicaSetAvailable') return;
    queue.addAfter(keyOf(deployment), Math.max(0, deadlineAt(deployment, progressing) - now()) + 1000);
  }

  async function writeStatus(stored: Deployment, status: DeploymentStatus): Promise<void> {
    if (isDeepStrictEqual(stored.status ?? {}, status)) return;
    await transport.update(DEPLOYMENTS, { ...stored, status }, { subresource: 'status' });
  }

  return controller;
}

function replaceSet(rollout: Rollout, set: ReplicaSet, by: ReplicaSet): void {
  if (rollout.current === set) rollout.current = by;
  rollout.old = rollout.old.map((each) => (each === set ? by : each));
}
