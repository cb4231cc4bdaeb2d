/**
 * The `Transport` of components that stand in the API server's own process. Reads give the stored objects themselves:
 * they are shared and must not be written to; writes are copied before they are stored.
 */
import type { ResourceType } from '../objects/resource.ts';
import type {
  DeleteOptions,
  ListOptions,
  ListResult,
  ObjectKey,
  PatchKind,
  Transport,
  WatchEvent,
  WatchOptions,
  WriteOptions,
} from '../objects/transport.ts';
import type { ApiObject, ObjectMeta } from '../objects/wire.ts';
import type { ApiCore, WriteRequest } from './api-core.ts';
import { copyJson } from './json.ts';
import { type Binding, bindPod } from './operations/bind-pod.ts';
import { createObject } from './operations/create.ts';
import { deleteObject } from './operations/delete.ts';
import { patchObject } from './operations/patch.ts';
import { compileSelection, getObject } from './operations/read.ts';
import { requestToken, type TokenRequest } from './operations/request-token.ts';
import { type Scale, scaleOf, updateScale } from './operations/scale.ts';
import { type UpdateScope, updateObject } from './operations/update.ts';
import type { ResourceDefinition } from './resource-definition.ts';
import { badRequest } from './status-error.ts';
import { watchCollection } from './store/watch-queue.ts';

export class InProcessTransport implements Transport {
  readonly #core: ApiCore;
  readonly #fieldManager: string;

  /** `fieldManager`: in whose name fields are claimed when a call names nobody. */
  constructor(core: ApiCore, fieldManager = 'kube-controller-manager') {
    this.#core = core;
    this.#fieldManager = fieldManager;
  }

  async list<T extends ApiObject>(type: ResourceType<T>, options: ListOptions = {}): Promise<ListResult<T>> {
    const definition = this.#core.definitions.of(type);
    const filter = compileSelection(definition, options);
    const objects = this.#core.store
      .collection(type)
      .entries(options.namespace)
      .map((entry) => entry.object as T);
    return {
      items: filter === undefined ? objects : objects.filter(filter),
      resourceVersion: String(this.#core.store.revision),
    };
  }

  async *watch<T extends ApiObject>(type: ResourceType<T>, options: WatchOptions): AsyncIterable<WatchEvent<T>> {
    const filter = compileSelection(this.#core.definitions.of(type), options);
    const since = options.resourceVersion === '0' ? undefined : options.resourceVersion;
    yield* watchCollection(this.#core.store.collection(type), {
      namespace: options.namespace,
      filter,
      since: since === undefined || since === '' ? undefined : Number(since),
      signal: options.signal,
    }) as AsyncIterable<WatchEvent<T>>;
  }

  async get<T extends ApiObject>(type: ResourceType<T>, key: ObjectKey): Promise<T> {
    return getObject(this.#core, this.#core.definitions.of(type), key.namespace ?? '', key.name).object as T;
  }

  async create<T extends ApiObject>(type: ResourceType<T>, object: T, options: WriteOptions = {}): Promise<T> {
    const definition = this.#core.definitions.of(type);
    if (options.subresource === 'binding') {
      const { namespace = '', name = '' } = object.metadata ?? {};
      bindPod(this.#core, definition, { namespace, name }, object as Binding);
      return object;
    }
    if (options.subresource === 'eviction') {
      const { namespace = '', name = '' } = object.metadata ?? {};
      deleteObject(this.#core, definition, namespace, name);
      return object;
    }
    if (options.subresource === 'token') {
      const { namespace = '', name = '' } = object.metadata ?? {};
      return requestToken(this.#core, definition, { namespace, name }, object as TokenRequest) as T;
    }
    if (options.subresource !== undefined) throw badRequest(`cannot create ${type.plural}/${options.subresource}`);
    return createObject(this.#core, definition, ownCopy(definition, object), this.#request(options)).object as T;
  }

  async update<T extends ApiObject>(type: ResourceType<T>, object: T, options: WriteOptions = {}): Promise<T> {
    const definition = this.#core.definitions.of(type);
    if (options.subresource === 'scale') {
      const { object: scaled } = updateScale(
        this.#core,
        definition,
        object as unknown as Scale,
        this.#request(options),
      );
      return scaleOf(scaled) as unknown as T;
    }
    const scope = scopeOf(options.subresource);
    return updateObject(this.#core, definition, ownCopy(definition, object), scope, this.#request(options)).object as T;
  }

  async patch<T extends ApiObject>(
    type: ResourceType<T>,
    key: ObjectKey,
    kind: PatchKind,
    patch: unknown,
    options: WriteOptions = {},
  ): Promise<T> {
    const target = { namespace: key.namespace ?? '', name: key.name, scope: scopeOf(options.subresource) };
    const definition = this.#core.definitions.of(type);
    return patchObject(this.#core, definition, target, kind, patch, this.#request(options)).object as T;
  }

  async delete<T extends ApiObject>(type: ResourceType<T>, key: ObjectKey, options: DeleteOptions = {}): Promise<void> {
    deleteObject(this.#core, this.#core.definitions.of(type), key.namespace ?? '', key.name, options);
  }

  #request({ fieldManager = this.#fieldManager }: WriteOptions): WriteRequest {
    return { fieldManager };
  }
}

function scopeOf(subresource: WriteOptions['subresource']): UpdateScope {
  if (subresource === undefined) return 'object';
  if (subresource === 'status' || subresource === 'finalize') return subresource;
  throw badRequest(`cannot update through ${subresource}`);
}

/** A copy that may be kept and changed, with the kind that callers leave out. Claims are the server's matter: none go in. */
function ownCopy({ type }: ResourceDefinition, object: ApiObject): ApiObject {
  const { managedFields: _claims, ...metadata } = object.metadata ?? {};
  const { apiVersion: _version, kind: _kind, ...rest } = copyJson({ ...object, metadata: metadata as ObjectMeta });
  const apiVersion = type.group === '' ? type.version : `${type.group}/${type.version}`;
  return { apiVersion, kind: type.kind, ...rest };
}
