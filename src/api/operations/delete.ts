/**
 * Delete: at once, or in steps: grace (pods), finalizers, a Namespace's content. An object in deletion carries
 * `deletionTimestamp`; it goes with the delete or update after which nothing holds it any more.
 */
import { timestamp } from '../../objects/timestamp.ts';
import type { DeleteOptions } from '../../objects/transport.ts';
import type { ApiObject, ObjectMeta } from '../../objects/wire.ts';
import type { ApiCore, WriteRequest } from '../api-core.ts';
import type { ResourceDefinition } from '../resource-definition.ts';
import { conflict } from '../status-error.ts';
import type { StoredObject } from '../store/stored-object.ts';
import { syncCompanions } from './companions.ts';
import { ensureNamespaceMortal, holdsContent, isNamespace, terminating } from './namespace-lifecycle.ts';
import { getObject } from './read.ts';

const FOREGROUND = 'foregroundDeletion';
const ORPHAN = 'orphan';

export interface Deletion {
  /** False while something still holds the object. */
  readonly removed: boolean;
  readonly entry: StoredObject;
}

/** Deletes an object, or begins to. Throws NotFound, Conflict (preconditions), Forbidden. */
export function deleteObject(
  core: ApiCore,
  definition: ResourceDefinition,
  namespace: string,
  name: string,
  options: DeleteOptions = {},
  request: WriteRequest = {},
): Deletion {
  const entry = getObject(core, definition, namespace, name);
  checkPreconditions(definition, entry.object, options);
  if (isNamespace(definition)) ensureNamespaceMortal(name);
  const marked = mark(definition, entry.object, options);
  if (request.dryRun === true) return { removed: !isHeld(definition, marked), entry };
  if (!isHeld(definition, marked)) return { removed: true, entry: removeObject(core, definition, entry.object) };
  if (marked === entry.object) return { removed: false, entry };
  return { removed: false, entry: core.store.put(definition.type, marked) };
}

/** Takes an object out of the store and gives back what it had been allocated. */
export function removeObject(core: ApiCore, definition: ResourceDefinition, object: ApiObject): StoredObject {
  const removed = core.store.atomically(() => {
    const entry = core.store.remove(definition.type, object);
    syncCompanions(core, definition, entry.object, undefined);
    return entry;
  });
  definition.strategy.release?.(removed.object);
  return removed;
}

/** Whether an object is in deletion and nothing holds it any more. */
export function isFinished(definition: ResourceDefinition, object: ApiObject): boolean {
  return object.metadata?.deletionTimestamp !== undefined && !isHeld(definition, object);
}

function isHeld(definition: ResourceDefinition, object: ApiObject): boolean {
  const { finalizers = [], deletionGracePeriodSeconds = 0 } = object.metadata ?? {};
  return finalizers.length > 0 || deletionGracePeriodSeconds > 0 || (isNamespace(definition) && holdsContent(object));
}

/** The object as this delete leaves it; the same object when it was already so. */
function mark(definition: ResourceDefinition, object: ApiObject, options: DeleteOptions): ApiObject {
  const metadata = object.metadata!;
  const finalizers = finalizersFor(metadata.finalizers ?? [], options.propagationPolicy);
  const grace = gracePeriod(definition, object, options);
  const wasGrace = metadata.deletionGracePeriodSeconds ?? 0;
  const inDeletion = metadata.deletionTimestamp !== undefined;
  if (inDeletion && grace >= wasGrace && finalizers.length === (metadata.finalizers?.length ?? 0)) return object;
  const seconds = inDeletion ? Math.min(grace, wasGrace) : grace;
  // A grace that is cut short began with the first delete.
  const begin = inDeletion ? Date.parse(String(metadata.deletionTimestamp)) - wasGrace * 1000 : Date.now();
  const { finalizers: _former, ...kept } = metadata;
  const next = {
    ...kept,
    deletionTimestamp: timestamp(begin + seconds * 1000),
    deletionGracePeriodSeconds: seconds,
    ...(!inDeletion && metadata.generation ? { generation: metadata.generation + 1 } : {}),
    ...(finalizers.length > 0 ? { finalizers } : {}),
  } as ObjectMeta;
  const marked = { ...object, metadata: next };
  return isNamespace(definition) ? terminating(marked) : marked;
}

/** Seconds; 0 where the kind knows no grace or this object needs none. */
function gracePeriod({ strategy }: ResourceDefinition, object: ApiObject, options: DeleteOptions): number {
  const own = strategy.defaultGracePeriodSeconds?.(object) ?? 0;
  if (own === 0) return 0;
  const asked = options.gracePeriodSeconds ?? own;
  // A negative period is Kubernetes' way to say "as soon as may be".
  return asked < 0 ? 1 : asked;
}

function finalizersFor(present: readonly string[], policy: DeleteOptions['propagationPolicy']): string[] {
  if (policy === undefined) return [...present];
  const others = present.filter((finalizer) => finalizer !== FOREGROUND && finalizer !== ORPHAN);
  if (policy === 'Foreground') return [...others, FOREGROUND];
  return policy === 'Orphan' ? [...others, ORPHAN] : others;
}

function checkPreconditions({ type }: ResourceDefinition, object: ApiObject, { preconditions }: DeleteOptions): void {
  const { name = '', uid, resourceVersion } = object.metadata ?? {};
  if (preconditions?.uid !== undefined && preconditions.uid !== uid) {
    throw conflict(
      type,
      name,
      `Precondition failed: UID in precondition: ${preconditions.uid}, UID in object meta: ${uid}`,
    );
  }
  if (preconditions?.resourceVersion !== undefined && preconditions.resourceVersion !== resourceVersion) {
    throw conflict(
      type,
      name,
      `Precondition failed: ResourceVersion in precondition: ${preconditions.resourceVersion}, ResourceVersion in object meta: ${resourceVersion}`,
    );
  }
}
