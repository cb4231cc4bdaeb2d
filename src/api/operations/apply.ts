/** Server-side apply: the object that a configuration makes of the stored one goes the way of an update, or of a create. */
import { timestamp } from '../../objects/timestamp.ts';
import type { ApiObject, ObjectMeta } from '../../objects/wire.ts';
import type { ApiCore, WriteRequest } from '../api-core.ts';
import { copyJson } from '../json.ts';
import { applyConfiguration } from '../managed-fields/apply.ts';
import { claimsOf } from '../managed-fields/claims.ts';
import { trackingOf } from '../managed-fields/tracking.ts';
import type { ResourceDefinition } from '../resource-definition.ts';
import { DecodeError, decode } from '../schema/decode.ts';
import { badRequest, conflict, notFound } from '../status-error.ts';
import type { StoredObject } from '../store/stored-object.ts';
import { createObject } from './create.ts';
import type { PatchTarget } from './patch.ts';
import { updateObject } from './update.ts';

export interface ApplyRequest extends WriteRequest {
  readonly fieldManager: string;
  /** Takes fields from those who claim them. */
  readonly force: boolean;
  /** The subresource the object's own fields are reached through. */
  readonly through?: 'scale';
}

/**
 * Applies a configuration of the definition's kind. Throws BadRequest (another name), NotFound (a subresource of nothing),
 * Conflict (others' claims, preconditions), Invalid.
 */
export function applyObject(
  core: ApiCore,
  definition: ResourceDefinition,
  { namespace, name, scope }: PatchTarget,
  config: ApiObject,
  request: ApplyRequest,
): { readonly created: boolean; readonly entry: StoredObject } {
  const live = core.store.collection(definition.type).get(namespace, name)?.object;
  const { fieldManager: manager, force, through = scope === 'object' ? undefined : scope } = request;
  if (live === undefined && through !== undefined) throw notFound(definition.type, name);
  const placed = inPlace(config, namespace, name);
  const tracking = trackingOf(definition, through);
  const applied = applyConfiguration(tracking, live, placed, { manager, force, now: timestamp() });
  const claims = claimsOf(applied.object);
  const object = decoded(definition, applied.object);
  if (live !== undefined) {
    return { created: false, entry: updateObject(core, definition, object, scope, { ...request, claims }) };
  }
  refuseUid(definition, placed);
  return { created: true, entry: createObject(core, definition, object, { ...request, claims }) };
}

/** The configuration with the namespace of the path. Throws BadRequest when it is about something else. */
function inPlace(config: ApiObject, namespace: string, name: string): ApiObject {
  const { name: asked = '', namespace: within = '' } = config.metadata ?? {};
  if (asked !== name) {
    throw badRequest(`the name of the object (${asked}) does not match the name on the URL (${name})`);
  }
  if (within === namespace) return config;
  if (within === '') return { ...config, metadata: { ...config.metadata, namespace } as ObjectMeta };
  throw badRequest('the namespace of the provided object does not match the namespace sent on the request');
}

/** Who states a uid means an object that was there. */
function refuseUid({ type }: ResourceDefinition, { metadata }: ApiObject): void {
  const { uid, name = '' } = metadata ?? {};
  if (!uid) return;
  throw conflict(
    type,
    name,
    `uid mismatch: the provided object specified uid ${uid}, and no existing object was found`,
  );
}

/** A copy in the form objects are stored in: quantities in theirs, nulls gone. Throws BadRequest for what has no such form. */
function decoded({ schema }: ResourceDefinition, object: ApiObject): ApiObject {
  const { managedFields: _claims, ...metadata } = object.metadata ?? {};
  const copy = copyJson({ ...object, metadata: metadata as ObjectMeta });
  try {
    decode(schema, copy as Record<string, unknown>);
    return copy;
  } catch (error) {
    if (error instanceof DecodeError) throw badRequest(error.message);
    throw error;
  }
}
