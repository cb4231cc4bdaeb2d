/** Update, of the whole object or of a subresource: preconditions, carry-over, validation, and no write without a change. */
import type { ApiObject, ObjectMeta } from '../../objects/wire.ts';
import type { ApiCore, WriteRequest } from '../api-core.ts';
import type { FieldError } from '../field-error.ts';
import { equalJson } from '../json.ts';
import { type Claim, claimsOf, sameClaims, withClaims } from '../managed-fields/claims.ts';
import { trackUpdate } from '../managed-fields/track-update.ts';
import { trackingOf } from '../managed-fields/tracking.ts';
import type { RequestContext, ResourceDefinition } from '../resource-definition.ts';
import { conflict, invalid, modified } from '../status-error.ts';
import { StoredObject } from '../store/stored-object.ts';
import { syncCompanions } from './companions.ts';
import { isFinished, removeObject } from './delete.ts';
import { isNamespace } from './namespace-lifecycle.ts';
import { getObject } from './read.ts';
import { requestContext } from './request-context.ts';

/** Which part of the object an update is for. `finalize` is that of Namespaces, `ephemeralcontainers` of Pods. */
export type UpdateScope = 'object' | 'status' | 'finalize' | 'ephemeralcontainers';

export interface UpdateRequest extends WriteRequest {
  /** What an apply has settled; absent: the writer claims what it changes. */
  readonly claims?: readonly Claim[];
  /** The subresource the write came through, where the scope does not tell. */
  readonly through?: 'scale';
}

/**
 * Replaces an object. `object` belongs to the operation from here on. Returns the previous version unchanged when
 * there is nothing to change. Throws NotFound, Conflict, Invalid.
 */
export function updateObject(
  core: ApiCore,
  definition: ResourceDefinition,
  object: ApiObject,
  scope: UpdateScope = 'object',
  request: UpdateRequest = {},
): StoredObject {
  const { strategy, type } = definition;
  const { name = '', namespace = '' } = object.metadata ?? {};
  const previous = getObject(core, definition, namespace, name);
  checkPreconditions(definition, object, previous.object);
  const context = requestContext(core, request);
  strategy.setDefaults?.(object);
  const claims = request.claims ?? claimsAfter(definition, previous.object, object, scope, request, context.now);
  const draft: ApiObject = { ...object, metadata: carriedMetadata(object.metadata, previous.object.metadata) };
  prepare(definition, draft, previous.object, scope, context);
  // What the strategy carried over is shared with the stored object: a copy before anything is set on it.
  const stored = claimsOf(previous.object);
  const metadata = { ...draft.metadata, resourceVersion: previous.object.metadata?.resourceVersion } as ObjectMeta;
  // Claims that differ in nothing but their times are no change.
  const candidate: ApiObject = {
    ...draft,
    metadata: withClaims(metadata, sameClaims(claims, stored) ? stored : claims),
  };
  const unsettled = scope === 'object' ? (strategy.settle?.(candidate, previous.object) ?? []) : [];
  if (unsettled.length > 0) throw invalid(type, name, unsettled);
  const errors = [
    ...newFinalizersWhileDeleting(candidate, previous.object),
    ...(scope === 'object' ? (strategy.validate?.(candidate, context) ?? []) : []),
    ...(scope === 'object' ? (strategy.validateUpdate?.(candidate, previous.object, context) ?? []) : []),
    ...(scope === 'ephemeralcontainers'
      ? (strategy.validateEphemeralContainers?.(candidate, previous.object) ?? [])
      : []),
  ];
  if (errors.length > 0) throw invalid(type, name, errors);
  const refused = scope === 'object' ? (strategy.allocate?.(candidate, previous.object, context) ?? []) : [];
  if (refused.length > 0) throw invalid(type, name, refused);
  if (equalJson(candidate, previous.object) && !isFinished(definition, candidate)) return previous;
  candidate.metadata = withClaims(candidate.metadata, claims);
  if (context.dryRun) return new StoredObject(candidate, previous.revision);
  if (isFinished(definition, candidate)) return removeObject(core, definition, candidate);
  try {
    return core.store.atomically(() => {
      const entry = core.store.put(type, candidate);
      syncCompanions(core, definition, previous.object, entry.object);
      return entry;
    });
  } catch (error) {
    // It could not be kept: what was taken and given back is as the stored object says.
    strategy.release?.(candidate);
    strategy.restore?.(previous.object);
    throw error;
  }
}

function claimsAfter(
  definition: ResourceDefinition,
  previous: ApiObject,
  object: ApiObject,
  scope: UpdateScope,
  { fieldManager, through }: UpdateRequest,
  now: string,
): readonly Claim[] {
  if (fieldManager === undefined) return claimsOf(previous);
  const tracking = trackingOf(definition, scope === 'object' ? through : scope);
  return trackUpdate(tracking, previous, object, fieldManager, now);
}

/** Throws Conflict when `object` names another uid or version than the stored one has. */
export function checkPreconditions({ type }: ResourceDefinition, object: ApiObject, previous: ApiObject): void {
  const { name = '', uid, resourceVersion } = object.metadata ?? {};
  if (uid && uid !== previous.metadata?.uid) {
    const stored = previous.metadata?.uid ?? '';
    throw conflict(
      type,
      name,
      `StorageError: invalid object, Code: 4, Key: , ResourceVersion: 0, AdditionalErrorMsg: Precondition failed: UID in precondition: ${uid}, UID in object meta: ${stored}`,
    );
  }
  if (resourceVersion && resourceVersion !== '0' && resourceVersion !== previous.metadata?.resourceVersion) {
    throw modified(type, name);
  }
}

/** The metadata an update asks for, with the members only the server sets taken from the stored object. */
function carriedMetadata(asked: ObjectMeta | undefined, stored: ObjectMeta | undefined): ObjectMeta {
  const { managedFields: _managed, selfLink: _self, ...kept } = asked ?? {};
  const carried: Record<string, unknown> = { ...kept };
  for (const member of SERVER_SET) {
    if (stored?.[member] === undefined) delete carried[member];
    else carried[member] = stored[member];
  }
  // As Go writes them: an empty list is none.
  for (const member of LISTS) {
    if (Array.isArray(carried[member]) && carried[member].length === 0) delete carried[member];
  }
  return carried as unknown as ObjectMeta;
}

const LISTS = ['finalizers', 'ownerReferences'] as const;

const SERVER_SET = [
  'uid',
  'creationTimestamp',
  'deletionTimestamp',
  'deletionGracePeriodSeconds',
  'generation',
  'generateName',
] as const;

function prepare(
  definition: ResourceDefinition,
  draft: ApiObject,
  previous: ApiObject,
  scope: UpdateScope,
  context: RequestContext,
): void {
  const { strategy } = definition;
  if (scope === 'status') strategy.prepareForStatusUpdate?.(draft, previous, context);
  else if (scope === 'object') strategy.prepareForUpdate?.(draft, previous, context);
  else if (scope === 'ephemeralcontainers') strategy.prepareForEphemeralContainers?.(draft, previous);
  // A Namespace's spec holds nothing but its finalizers, and they change through `finalize` alone.
  const asked = draft as { spec?: unknown };
  const stored = previous as { spec?: unknown; status?: unknown };
  if (isNamespace(definition) && scope !== 'finalize') asked.spec = stored.spec;
  if (scope === 'finalize') Object.assign(draft, { metadata: previous.metadata, status: stored.status });
}

function newFinalizersWhileDeleting(object: ApiObject, previous: ApiObject): FieldError[] {
  if (previous.metadata?.deletionTimestamp === undefined) return [];
  const known = new Set(previous.metadata.finalizers);
  const added = (object.metadata?.finalizers ?? []).filter((finalizer) => !known.has(finalizer));
  if (added.length === 0) return [];
  const names = added.map((finalizer) => `"${finalizer}"`).join(', ');
  return [
    {
      type: 'FieldValueForbidden',
      field: 'metadata.finalizers',
      message: `Forbidden: no new finalizers can be added if the object is being deleted, found new finalizers []string{${names}}`,
    },
  ];
}
