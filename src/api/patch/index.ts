/** Applies a patch of any of the three kinds to a stored object. */
import type { ApiError, PatchKind } from '../../objects/transport.ts';
import type { ApiObject } from '../../objects/wire.ts';
import { definitionOf } from '../schema/definitions.ts';
import { badRequest, statusError } from '../status-error.ts';
import { jsonPatch } from './json-patch.ts';
import { isJsonObject, type Json, type JsonObject, PatchError } from './json-value.ts';
import { mergePatch } from './merge-patch.ts';
import { strategicMerge } from './strategic-merge.ts';

/**
 * The patched object, sharing what did not change with `object`, which stays as it is. `schema` names the definition of
 * the object. Throws an `ApiError`: 400 for a patch of bad form, 422 for a JSON patch that does not apply.
 */
export function applyPatch(kind: PatchKind, object: ApiObject, patch: unknown, schema: string): ApiObject {
  const target = object as unknown as JsonObject;
  try {
    if (kind === 'json') return asObject(jsonPatch(target, patch));
    if (!isJsonObject(patch)) throw new PatchError('a patch is a JSON object');
    if (kind === 'merge') return asObject(mergePatch(target, patch));
    return asObject(strategicMerge(target, patch, definitionOf(schema)));
  } catch (error) {
    if (error instanceof PatchError) throw refusal(kind, error);
    throw error;
  }
}

function asObject(value: Json): ApiObject {
  if (!isJsonObject(value)) throw new PatchError('the patched object is no JSON object');
  return value as ApiObject;
}

/** Kubernetes answers a JSON patch that fails with one fixed sentence; the cause says which operation it was. */
function refusal(kind: PatchKind, { message }: PatchError): ApiError {
  if (kind !== 'json') return badRequest(message);
  const sentence = 'the server rejected our request due to an error in our request';
  return statusError(422, 'Invalid', sentence, { causes: [{ field: 'patch', message }] });
}
