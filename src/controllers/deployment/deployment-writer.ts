/** The writes of the Deployment controller: makes, scales and removes ReplicaSets, sets annotations, records events. */
import { isDeepStrictEqual } from 'node:util';
import type { EventRecorder } from '../../client/event-recorder.ts';
import type { RecentWrites } from '../../client/recent-writes.ts';
import { DEPLOYMENTS, REPLICA_SETS } from '../../objects/resource.ts';
import { hasReason, type ObjectKey, type Transport } from '../../objects/transport.ts';
import type { ApiObject, Deployment, ReplicaSet } from '../../objects/wire.ts';
import { isControlledBy } from '../owner-reference.ts';
import { isNamespaceTerminating, messageOf } from '../pod-control.ts';
import { sameTemplate } from './pod-template.ts';
import { newReplicaSet, newSetAnnotations, nextRevision, REVISION, sizeAnnotations } from './revision.ts';
import { replicasOf } from './rolling-update.ts';

/** What became of the attempt to have a new ReplicaSet: it, and what `Progressing` should say of it. */
export interface NewSet {
  readonly set: ReplicaSet | undefined;
  readonly progress?: { readonly status: 'True' | 'False'; readonly reason: string; readonly message: string };
  /** Another object has the name: the status must count the collision, so that the next hash differs. */
  readonly collision?: true;
  readonly error?: unknown;
}

export class DeploymentWriter {
  readonly #transport: Transport;
  readonly #recorder: EventRecorder;
  readonly #writes: RecentWrites<ReplicaSet>;

  constructor(transport: Transport, recorder: EventRecorder, writes: RecentWrites<ReplicaSet>) {
    this.#transport = transport;
    this.#recorder = recorder;
    this.#writes = writes;
  }

  /** Brings the present new ReplicaSet's annotations (and minReadySeconds) in line. */
  async refreshNewSet(deployment: Deployment, set: ReplicaSet, old: readonly ReplicaSet[]): Promise<NewSet> {
    const annotations = newSetAnnotations(deployment, set, nextRevision(old));
    const minReadySeconds = deployment.spec?.minReadySeconds ?? 0;
    const message = `Found new replica set "${set.metadata?.name}"`;
    const progress = { status: 'True', reason: 'FoundNewReplicaSet', message } as const;
    if (annotations === set.metadata?.annotations && minReadySeconds === (set.spec?.minReadySeconds ?? 0)) {
      return { set, progress };
    }
    const next = { ...set, metadata: { ...set.metadata, annotations }, spec: { ...set.spec!, minReadySeconds } };
    return { set: await this.#update(next), progress };
  }

  /** Creates the ReplicaSet of the present template. */
  async createNewSet(deployment: Deployment, old: readonly ReplicaSet[]): Promise<NewSet> {
    const wanted = newReplicaSet(deployment, old);
    const { name = '', namespace = '' } = wanted.metadata ?? {};
    try {
      const set = await this.#transport.create(REPLICA_SETS, wanted);
      this.#writes.wrote(set);
      if (replicasOf(set) > 0) this.#scaled(deployment, set, 0, replicasOf(set));
      const message = `Created new replica set "${name}"`;
      return { set, progress: { status: 'True', reason: 'NewReplicaSetCreated', message } };
    } catch (error) {
      if (isNamespaceTerminating(error)) return { set: undefined };
      if (hasReason(error, 'AlreadyExists')) {
        const present = await this.#transport.get(REPLICA_SETS, { namespace, name });
        const ours = isControlledBy(present, deployment) && sameTemplate(present.spec?.template, wanted.spec?.template);
        if (!ours) return { set: undefined, collision: true, error };
        this.#writes.wrote(present);
        return { set: present };
      }
      const message = `Failed to create new replica set "${name}": ${messageOf(error)}`;
      this.#recorder.warning({ type: DEPLOYMENTS, object: deployment }, 'ReplicaSetCreateError', message);
      return { set: undefined, progress: { status: 'False', reason: 'ReplicaSetCreateError', message }, error };
    }
  }

  /** Scales a ReplicaSet, and lets it remember the size of the Deployment this was done for. */
  async scale(deployment: Deployment, set: ReplicaSet, replicas: number): Promise<ReplicaSet> {
    const annotations = { ...set.metadata?.annotations, ...sizeAnnotations(deployment) };
    const was = replicasOf(set);
    if (was === replicas && isDeepStrictEqual(annotations, set.metadata?.annotations)) return set;
    const next = { ...set, metadata: { ...set.metadata, annotations }, spec: { ...set.spec!, replicas } };
    const scaled = await this.#update(next);
    if (was !== replicas) this.#scaled(deployment, set, was, replicas);
    return scaled;
  }

  async remove(set: ReplicaSet): Promise<void> {
    const { uid } = set.metadata ?? {};
    try {
      await this.#transport.delete(REPLICA_SETS, keyOfObject(set), uid === undefined ? {} : { preconditions: { uid } });
    } catch (error) {
      if (!hasReason(error, 'NotFound')) throw error;
    }
    this.#writes.deleted(set);
  }

  /** Shows the new ReplicaSet's revision on the Deployment, where `kubectl rollout history` looks for it. */
  async showRevision(deployment: Deployment, set: ReplicaSet): Promise<Deployment> {
    const revision = set.metadata?.annotations?.[REVISION];
    if (revision === undefined || deployment.metadata?.annotations?.[REVISION] === revision) return deployment;
    const patch = { metadata: { uid: deployment.metadata?.uid, annotations: { [REVISION]: revision } } };
    return await this.#transport.patch(DEPLOYMENTS, keyOfObject(deployment), 'merge', patch);
  }

  async #update(set: ReplicaSet): Promise<ReplicaSet> {
    const updated = await this.#transport.update(REPLICA_SETS, set);
    this.#writes.wrote(updated);
    return updated;
  }

  #scaled(deployment: Deployment, set: ReplicaSet, from: number, to: number): void {
    const message = `Scaled ${to > from ? 'up' : 'down'} replica set ${set.metadata?.name} from ${from} to ${to}`;
    this.#recorder.normal({ type: DEPLOYMENTS, object: deployment }, 'ScalingReplicaSet', message);
  }
}

function keyOfObject(object: ApiObject): ObjectKey {
  const { name = '', namespace } = object.metadata ?? {};
  return { name, ...(namespace === undefined ? {} : { namespace }) };
}
