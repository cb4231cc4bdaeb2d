/** POST, PUT and PATCH of objects. */
import type { ApiObject, ObjectMeta } from '../../objects/wire.ts';
import type { PatchType } from '../api-core.ts';
import { createObject } from '../operations/create.ts';
import { patchObject } from '../operations/patch.ts';
import { type UpdateScope, updateObject } from '../operations/update.ts';
import { badRequest, methodNotAllowed, unsupportedMediaType } from '../status-error.ts';
import { answerObject } from './answer.ts';
import { APPLY_PATCH, handleApply } from './apply-handler.ts';
import { bodyType, parseJson, readText, readValue } from './body.ts';
import { bodyKindOf, decodeObject } from './decode-object.ts';
import { warner } from './exchange.ts';
import { patchInspector } from './patch-inspector.ts';
import type { ObjectRequest, ResourceRequest } from './resource-request.ts';
import { applyParameters, fieldValidation, writeRequest } from './write-parameters.ts';

const PATCH_TYPES: Readonly<Record<string, PatchType>> = {
  'application/json-patch+json': 'json',
  'application/merge-patch+json': 'merge',
  'application/strategic-merge-patch+json': 'strategic',
};

export async function handleCreate({ core, definition, exchange, path }: ResourceRequest): Promise<void> {
  if (definition.type.namespaced && path.namespace === undefined) throw methodNotAllowed();
  const request = writeRequest(exchange, 'CreateOptions');
  const body = await readValue(exchange.request);
  const object = decodeObject(bodyKindOf(definition), body, fieldValidation(exchange), warner(exchange));
  const placed = withNamespace(object, path.namespace);
  await answerObject(exchange, definition, 201, createObject(core, definition, placed, request));
}

/** A handler of PUT for the object or one of its subresources. */
export function updateHandler(scope: UpdateScope): (request: ObjectRequest) => Promise<void> {
  return async ({ core, definition, exchange, path, name }) => {
    const request = writeRequest(exchange, 'UpdateOptions');
    const body = await readValue(exchange.request);
    const object = decodeObject(bodyKindOf(definition), body, fieldValidation(exchange), warner(exchange));
    const asked = object.metadata?.name ?? '';
    if (asked !== name) {
      throw badRequest(`the name of the object (${asked}) does not match the name on the URL (${name})`);
    }
    const placed = withNamespace(object, path.namespace);
    await answerObject(exchange, definition, 200, updateObject(core, definition, placed, scope, request));
  };
}

/** A handler of PATCH for the object or one of its subresources. */
export function patchHandler(scope: UpdateScope): (request: ObjectRequest) => Promise<void> {
  return async (objectRequest) => {
    const { core, definition, exchange, namespace, name } = objectRequest;
    const mediaType = bodyType(exchange.request);
    if (mediaType === APPLY_PATCH) return handleApply(objectRequest, scope);
    const type = patchTypeOf(mediaType);
    applyParameters(exchange, false);
    const request = writeRequest(exchange, 'PatchOptions');
    const patch = parseJson(await readText(exchange.request));
    const inspect = patchInspector(bodyKindOf(definition), patch, fieldValidation(exchange), warner(exchange));
    const target = { namespace, name, scope };
    const patched = patchObject(core, definition, target, type, patch, { ...request, inspect });
    await answerObject(exchange, definition, 200, patched);
  };
}

/** Throws 415. */
export function patchTypeOf(mediaType: string): PatchType {
  const type = Object.hasOwn(PATCH_TYPES, mediaType) ? PATCH_TYPES[mediaType] : undefined;
  if (type !== undefined) return type;
  throw unsupportedMediaType([...Object.keys(PATCH_TYPES), APPLY_PATCH]);
}

/** The object in the namespace of the path. Throws BadRequest when it says another. */
function withNamespace(object: ApiObject, namespace: string | undefined): ApiObject {
  const asked = object.metadata?.namespace ?? '';
  if (asked !== '' && asked !== (namespace ?? '')) {
    throw badRequest('the namespace of the provided object does not match the namespace sent on the request');
  }
  if (namespace === undefined) return object;
  return { ...object, metadata: { ...object.metadata, namespace } as ObjectMeta };
}
