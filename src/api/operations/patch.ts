/** Patch: the patched object goes the way of an update; a patch that changes nothing writes nothing. */
import type { ApiObject, ObjectMeta } from '../../objects/wire.ts';
import type { ApiCore, PatchType, WriteRequest } from '../api-core.ts';
import { copyJson } from '../json.ts';
import type { ResourceDefinition } from '../resource-definition.ts';
import { badRequest, invalid } from '../status-error.ts';
import type { StoredObject } from '../store/stored-object.ts';
import { getObject } from './read.ts';
import { type UpdateScope, updateObject } from './update.ts';

export interface PatchRequest extends WriteRequest {
  /** Looks at the patched object before it is used (strict decoding); returns what is to be stored. */
  readonly inspect?: (patched: ApiObject) => ApiObject;
}

export interface PatchTarget {
  readonly namespace: string;
  readonly name: string;
  readonly scope: UpdateScope;
}

/** Throws NotFound, BadRequest (the patch), Conflict (a resourceVersion in the patch), Invalid. */
export function patchObject(
  core: ApiCore,
  definition: ResourceDefinition,
  { namespace, name, scope }: PatchTarget,
  type: PatchType,
  patch: unknown,
  request: PatchRequest = {},
): StoredObject {
  const previous = getObject(core, definition, namespace, name).object;
  const patched = core.applyPatch(type, previous, patch, definition.schema);
  if ((patched.metadata?.name ?? '') !== name) {
    throw badRequest(
      `the name of the object (${patched.metadata?.name ?? ''}) does not match the name on the URL (${name})`,
    );
  }
  if ((patched.metadata?.namespace ?? '') !== namespace) {
    throw badRequest('the namespace of the provided object does not match the namespace sent on the request');
  }
  const owned = ownCopy(ofSameKind(type, patched, previous), previous);
  return updateObject(core, definition, request.inspect?.(owned) ?? owned, scope, request);
}

/** A patch makes no other kind of an object: Kubernetes passes over it in a strategic merge, and refuses it in the others. */
function ofSameKind(type: PatchType, patched: ApiObject, { apiVersion, kind }: ApiObject): ApiObject {
  if (patched.apiVersion === apiVersion && patched.kind === kind) return patched;
  if (type === 'strategic') return { ...patched, ...(apiVersion && { apiVersion }), ...(kind && { kind }) };
  const why = `no kind "${patched.kind ?? ''}" is registered for version "${patched.apiVersion ?? ''}"`;
  throw invalid({ group: '', kind: '' }, '', [
    {
      type: 'FieldValueInvalid',
      field: 'patch',
      message: `Invalid value: ${JSON.stringify(patched.kind ?? '')}: ${why}`,
    },
  ]);
}

/** The patch may share members with the stored object, and defaults are set in place. Claims left alone need no copy. */
function ownCopy(patched: ApiObject, previous: ApiObject): ApiObject {
  const { managedFields, ...metadata } = patched.metadata ?? {};
  const untouched = managedFields === previous.metadata?.managedFields;
  return copyJson(untouched ? { ...patched, metadata: metadata as ObjectMeta } : patched);
}
