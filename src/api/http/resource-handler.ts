/** Hands a resource request to the handler of its shape and method. */
import { methodNotAllowed, pathNotFound } from '../status-error.ts';
import { handleDelete, handleDeleteCollection } from './delete-handlers.ts';
import { handleGet, handleList, handleWatchPath } from './read-handlers.ts';
import { byMethod, type ObjectRequest, type ResourceRequest } from './resource-request.ts';
import { handleSubresource } from './subresource-handlers.ts';
import { handleCreate, patchHandler, updateHandler } from './write-handlers.ts';

const COLLECTION = { GET: handleList, POST: handleCreate, DELETE: handleDeleteCollection };
const WATCH = { GET: handleWatchPath };
const OBJECT = { GET: handleGet, PUT: updateHandler('object'), PATCH: patchHandler('object'), DELETE: handleDelete };

export async function handleResource(request: ResourceRequest): Promise<void> {
  const { path, definition } = request;
  if (path.namespace !== undefined && !definition.type.namespaced) throw pathNotFound();
  if (definition.deprecation !== undefined) request.exchange.warnings.add(definition.deprecation);
  if (path.watch) return byMethod(WATCH, request);
  if (path.name === undefined) return byMethod(COLLECTION, request);
  if (definition.type.namespaced && path.namespace === undefined) throw methodNotAllowed();
  const object: ObjectRequest = { ...request, namespace: path.namespace ?? '', name: path.name };
  if (path.subresource === undefined) return byMethod(OBJECT, object);
  if (path.rest.length > 0 && path.subresource !== 'proxy') throw pathNotFound();
  await handleSubresource(object, path.subresource);
}
