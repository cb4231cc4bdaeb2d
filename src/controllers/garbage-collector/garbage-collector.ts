/**
 * Garbage collection by owner references: dependents of what is gone are deleted (background), an owner deleted in the
 * foreground waits for them, one deleted with `orphan` lets them go free. Watches every resource; the verdict on one
 * object is ownership-graph.ts's.
 */
import type { Informer } from '../../client/informer.ts';
import type { ObjectIndex } from '../../client/object-index.ts';
import type { Component } from '../../objects/component.ts';
import { apiVersionOf, type ResourceType } from '../../objects/resource.ts';
import { hasReason, type ObjectKey } from '../../objects/transport.ts';
import type { ApiObject, OwnerReference } from '../../objects/wire.ts';
import type { ControllerContext } from '../controller-context.ts';
import { KeyedController } from '../keyed-controller.ts';
import {
  blocks,
  FOREGROUND,
  isGoing,
  isOrphaning,
  isWaitingForDependents,
  judge,
  ORPHAN,
  type OwnerState,
} from './ownership-graph.ts';

const CONCURRENCY = 16;
/** Uids remembered as gone; forgetting them only costs a question to the API. */
const MOST_ABSENT = 10_000;

interface Watched {
  readonly type: ResourceType;
  readonly informer: Informer<ApiObject>;
  readonly dependents: ObjectIndex<ApiObject>;
  readonly byUid: ObjectIndex<ApiObject>;
}

interface Found {
  readonly watched: Watched;
  readonly object: ApiObject;
}

/** The garbage collector over these resources, as a component. Its keys are uids. */
export function garbageCollector(context: ControllerContext, types: readonly ResourceType[]): Component {
  const { transport } = context;
  const all: Watched[] = types.map((type) => {
    const informer = context.informers.informer(type as ResourceType<ApiObject>);
    return {
      type,
      informer,
      dependents: informer.index((object) => (object.metadata?.ownerReferences ?? []).map(({ uid }) => uid)),
      byUid: informer.index(({ metadata }) => (metadata?.uid === undefined ? [] : [metadata.uid])),
    };
  });
  const byKind = new Map(all.map((watched) => [`${apiVersionOf(watched.type)}/${watched.type.kind}`, watched]));
  /** Owners that the API said do not exist, by the namespace they were looked for in: a uid never comes back. */
  const absent = new Set<string>();
  const controller = new KeyedController('garbage-collector', context, reconcile, { concurrency: CONCURRENCY });
  const { queue } = controller;

  for (const { informer } of all) {
    informer.onChange((change) => {
      const { uid = '', ownerReferences = [] } = change.object.metadata ?? {};
      if (change.type === 'deleted') {
        for (const { object } of dependentsOf(uid)) queue.add(object.metadata?.uid ?? '');
        // A foreground owner waits for exactly this.
        for (const owner of ownerReferences) queue.add(owner.uid);
      } else if (ownerReferences.length > 0 || isWaitingForDependents(change.object) || isOrphaning(change.object)) {
        queue.add(uid);
      }
    });
  }

  function find(uid: string): Found | undefined {
    for (const watched of all) {
      const [object] = watched.byUid.get(uid);
      if (object !== undefined) return { watched, object };
    }
    return undefined;
  }

  function dependentsOf(uid: string): Found[] {
    return all.flatMap((watched) => watched.dependents.get(uid).map((object) => ({ watched, object })));
  }

  async function reconcile(uid: string): Promise<void> {
    const found = find(uid);
    if (found === undefined) return;
    if (isOrphaning(found.object)) await orphanDependents(found);
    else if (isWaitingForDependents(found.object)) await deleteDependents(found);
    if (!isGoing(found.object)) await judgeObject(found);
  }

  async function judgeObject({ watched, object }: Found): Promise<void> {
    const references = object.metadata?.ownerReferences ?? [];
    const states = await Promise.all(references.map((reference) => stateOf(object, reference)));
    const verdict = judge(object, states);
    if (verdict.action === 'delete') await remove(watched, object, policyOf(object));
    else if (verdict.action === 'delete-foreground') {
      // What has dependents of its own waits for them in turn.
      const deep = dependentsOf(object.metadata?.uid ?? '').length > 0;
      await remove(watched, object, deep ? 'Foreground' : 'Background');
    } else if (verdict.action === 'drop-references') await setReferences(watched, object, verdict.references);
  }

  /** The policy a finalizer on the object asks for already; background otherwise. */
  function policyOf({ metadata }: ApiObject): 'Foreground' | 'Orphan' | 'Background' {
    if (metadata?.finalizers?.includes(ORPHAN) === true) return 'Orphan';
    return metadata?.finalizers?.includes(FOREGROUND) === true ? 'Foreground' : 'Background';
  }

  async function stateOf(object: ApiObject, { uid, name, kind, apiVersion }: OwnerReference): Promise<OwnerState> {
    const { namespace } = object.metadata ?? {};
    const cached = find(uid)?.object;
    // An owner in another namespace is none, as in Kubernetes: a namespace can be removed without a look at the others.
    const isNear = cached?.metadata?.namespace === undefined || cached.metadata.namespace === namespace;
    if (cached !== undefined && isNear) return isWaitingForDependents(cached) ? 'waiting' : 'solid';
    const known = `${namespace ?? ''} ${uid}`;
    if (absent.has(known)) return 'absent';
    const watched = byKind.get(`${apiVersion}/${kind}`);
    // A kind nobody here knows: whoever wrote the reference answers for it.
    if (watched === undefined) return 'solid';
    // Of what has no namespace, such an owner cannot be found out about; it is left alone.
    if (watched.type.namespaced && namespace === undefined) return 'solid';
    const key: ObjectKey = watched.type.namespaced && namespace !== undefined ? { namespace, name } : { name };
    try {
      const fresh = await transport.get(watched.type, key);
      if (fresh.metadata?.uid === uid) return isWaitingForDependents(fresh) ? 'waiting' : 'solid';
    } catch (error) {
      if (!hasReason(error, 'NotFound')) throw error;
    }
    if (absent.size >= MOST_ABSENT) absent.clear();
    absent.add(known);
    return 'absent';
  }

  async function deleteDependents(owner: Found): Promise<void> {
    const { uid = '' } = owner.object.metadata ?? {};
    const dependents = dependentsOf(uid);
    for (const { object } of dependents) if (!isGoing(object)) queue.add(object.metadata?.uid ?? '');
    if (dependents.some(({ object }) => blocks(object, uid))) return;
    await removeFinalizer(owner, FOREGROUND);
  }

  async function orphanDependents(owner: Found): Promise<void> {
    const { uid } = owner.object.metadata ?? {};
    for (const { watched, object } of dependentsOf(uid ?? '')) {
      const others = (object.metadata?.ownerReferences ?? []).filter((reference) => reference.uid !== uid);
      await setReferences(watched, object, others);
    }
    await removeFinalizer(owner, ORPHAN);
  }

  async function remove(
    { type }: Watched,
    object: ApiObject,
    propagationPolicy: 'Foreground' | 'Orphan' | 'Background',
  ): Promise<void> {
    const { uid, resourceVersion } = object.metadata ?? {};
    // The version too: a reference added meanwhile may have changed the verdict.
    const preconditions = {
      ...(uid === undefined ? {} : { uid }),
      ...(resourceVersion === undefined ? {} : { resourceVersion }),
    };
    await ignoreGone(transport.delete(type, keyOfObject(object), { propagationPolicy, preconditions }));
  }

  async function setReferences({ type }: Watched, object: ApiObject, references: OwnerReference[]): Promise<void> {
    const { uid, resourceVersion } = object.metadata ?? {};
    const ownerReferences = references.length === 0 ? null : references;
    const patch = { metadata: { uid, resourceVersion, ownerReferences } };
    await ignoreGone(transport.patch(type, keyOfObject(object), 'merge', patch));
  }

  async function removeFinalizer({ watched, object }: Found, finalizer: string): Promise<void> {
    const { uid, resourceVersion, finalizers = [] } = object.metadata ?? {};
    const patch = { metadata: { uid, resourceVersion, finalizers: finalizers.filter((each) => each !== finalizer) } };
    await ignoreGone(transport.patch(watched.type, keyOfObject(object), 'merge', patch));
  }

  return controller;
}

async function ignoreGone(write: Promise<unknown>): Promise<void> {
  try {
    await write;
  } catch (error) {
    if (!hasReason(error, 'NotFound')) throw error;
  }
}

function keyOfObject({ metadata }: ApiObject): ObjectKey {
  const { name = '', namespace } = metadata ?? {};
  return { name, ...(namespace === undefined ? {} : { namespace }) };
}
