/**
 * A `Transport` on a map, for unit tests of clients and controllers: resourceVersions, watches with selectors,
 * conflicts, finalizers, generated names. `fail` makes the next matching call fail; `dropWatches` cuts every watch.
 */
import { randomUUID } from 'node:crypto';
import { apiVersionOf, type ResourceType } from '../../src/objects/resource.ts';
import {
  ApiError,
  type DeleteOptions,
  type ListOptions,
  type ListResult,
  type ObjectKey,
  type PatchKind,
  type Transport,
  type WatchEvent,
  type WatchOptions,
  type WriteOptions,
} from '../../src/objects/transport.ts';
import type { ApiObject, Pod } from '../../src/objects/wire.ts';

type Verb = 'list' | 'watch' | 'get' | 'create' | 'update' | 'patch' | 'delete';

interface Entry {
  readonly plural: string;
  readonly version: number;
  readonly event: WatchEvent<ApiObject>;
  readonly previous?: ApiObject;
}

/** An `ApiError` as a server would answer it. */
export function apiError(code: number, reason: string, message = reason): ApiError {
  return new ApiError({ kind: 'Status', apiVersion: 'v1', status: 'Failure', code, reason, message });
}

export class MemoryTransport implements Transport {
  readonly #objects = new Map<string, ApiObject>();
  readonly #log: Entry[] = [];
  readonly #wakers = new Set<() => void>();
  readonly #failures: { verb: Verb; plural: string; error: Error; times: number }[] = [];
  readonly calls: { verb: Verb; plural: string; key: string; body?: unknown }[] = [];
  #version = 0;
  #oldest = 0;
  #cut = 0;

  /** Makes the next `times` calls of this verb on this resource fail. */
  fail(verb: Verb, type: ResourceType, error: Error, times = 1): void {
    this.#failures.push({ verb, plural: type.plural, error, times });
  }

  /** Every open watch throws, as when the connection is lost. */
  dropWatches(): void {
    this.#cut += 1;
    this.#wake();
  }

  /** Forgets the watch log: resuming from an older version answers `410 Expired`. */
  compact(): void {
    this.#oldest = this.#version;
  }

  countOf(verb: Verb, type: ResourceType): number {
    return this.calls.filter((call) => call.verb === verb && call.plural === type.plural).length;
  }

  async list<T extends ApiObject>(type: ResourceType<T>, options: ListOptions = {}): Promise<ListResult<T>> {
    await this.#enter('list', type, options.namespace ?? '');
    const items = [...this.#objects].filter(([key]) => key.startsWith(`${type.plural}|`)).map(([, object]) => object);
    return { items: items.filter((item) => selects(item, options)) as T[], resourceVersion: String(this.#version) };
  }

  async *watch<T extends ApiObject>(type: ResourceType<T>, options: WatchOptions): AsyncGenerator<WatchEvent<T>> {
    await this.#enter('watch', type, '');
    const cut = this.#cut;
    let version = Number(options.resourceVersion ?? '0');
    if (version < this.#oldest) throw apiError(410, 'Expired', 'too old resource version');
    while (!options.signal.aborted) {
      if (cut !== this.#cut) throw new Error('socket hang up');
      const next = this.#log.find((entry) => entry.version > version && entry.plural === type.plural);
      if (next === undefined) {
        await this.#change(options.signal);
        continue;
      }
      version = next.version;
      if (selects(next.event.object, options)) yield next.event as WatchEvent<T>;
      else if (next.previous !== undefined && selects(next.previous, options)) {
        yield { type: 'DELETED', object: next.event.object as T };
      }
    }
  }

  async get<T extends ApiObject>(type: ResourceType<T>, key: ObjectKey): Promise<T> {
    await this.#enter('get', type, storeKey(type, key));
    return this.#read(type, key) as T;
  }

  async create<T extends ApiObject>(type: ResourceType<T>, object: T, options: WriteOptions = {}): Promise<T> {
    await this.#enter('create', type, object.metadata?.name ?? object.metadata?.generateName ?? '', object);
    if (options.subresource === 'binding') return this.#bind(type, object);
    const meta = object.metadata ?? {};
    const name = meta.name ?? `${meta.generateName}${randomUUID().slice(0, 5)}`;
    const key = { name, ...(meta.namespace === undefined ? {} : { namespace: meta.namespace }) };
    if (this.#objects.has(storeKey(type, key))) {
      throw apiError(409, 'AlreadyExists', `${type.plural} "${name}" already exists`);
    }
    const stored = {
      apiVersion: apiVersionOf(type),
      kind: type.kind,
      ...structuredClone(object),
      metadata: {
        ...structuredClone(meta),
        name,
        uid: meta.uid ?? randomUUID(),
        creationTimestamp: meta.creationTimestamp ?? new Date().toISOString(),
        generation: 1,
      },
    };
    return this.#store(type, 'ADDED', stored) as T;
  }

  async update<T extends ApiObject>(type: ResourceType<T>, object: T, options: WriteOptions = {}): Promise<T> {
    const key = { name: '', ...object.metadata };
    await this.#enter('update', type, storeKey(type, key), object);
    return this.#replace(type, key, structuredClone(object), options) as T;
  }

  async patch<T extends ApiObject>(
    type: ResourceType<T>,
    key: ObjectKey,
    kind: PatchKind,
    patch: unknown,
    options: WriteOptions = {},
  ): Promise<T> {
    await this.#enter('patch', type, storeKey(type, key), patch);
    if (kind === 'json') throw new Error('the memory transport knows no JSON patches');
    const merged = mergePatch(this.#read(type, key), patch) as ApiObject;
    return this.#replace(type, key, merged, options) as T;
  }

  async delete<T extends ApiObject>(type: ResourceType<T>, key: ObjectKey, options: DeleteOptions = {}): Promise<void> {
    await this.#enter('delete', type, storeKey(type, key), options);
    const object = this.#read(type, key);
    const { uid } = options.preconditions ?? {};
    if (uid !== undefined && uid !== object.metadata?.uid) throw apiError(409, 'Conflict', 'the UID does not match');
    const finalizers = [...(object.metadata?.finalizers ?? [])];
    if (options.propagationPolicy === 'Foreground') finalizers.push('foregroundDeletion');
    if (options.propagationPolicy === 'Orphan') finalizers.push('orphan');
    if (finalizers.length > 0) {
      const deletionTimestamp = object.metadata?.deletionTimestamp ?? new Date().toISOString();
      const meta = { ...object.metadata, finalizers: [...new Set(finalizers)], deletionTimestamp };
      this.#store(type, 'MODIFIED', { ...structuredClone(object), metadata: meta });
      return;
    }
    this.#remove(type, object);
  }

  async #enter(verb: Verb, type: ResourceType, key: string, body?: unknown): Promise<void> {
    this.calls.push({ verb, plural: type.plural, key, ...(body === undefined ? {} : { body: structuredClone(body) }) });
    await new Promise((resolve) => setImmediate(resolve));
    const failure = this.#failures.find((each) => each.verb === verb && each.plural === type.plural && each.times > 0);
    if (failure === undefined) return;
    failure.times -= 1;
    throw failure.error;
  }

  #read(type: ResourceType, key: ObjectKey): ApiObject {
    const object = this.#objects.get(storeKey(type, key));
    if (object === undefined) throw apiError(404, 'NotFound', `${type.plural} "${key.name}" not found`);
    return object;
  }

  #replace(type: ResourceType, key: ObjectKey, next: ApiObject, { subresource }: WriteOptions): ApiObject {
    const previous = this.#read(type, key) as ApiObject & { status?: unknown; spec?: unknown };
    const asked = next.metadata?.resourceVersion;
    if (asked !== undefined && asked !== previous.metadata?.resourceVersion) {
      throw apiError(409, 'Conflict', 'the object has been modified');
    }
    const { uid } = next.metadata ?? {};
    if (uid !== undefined && uid !== previous.metadata?.uid) throw apiError(409, 'Conflict', 'the UID does not match');
    const whole = next as typeof previous;
    const result =
      subresource === 'status'
        ? { ...previous, status: whole.status }
        : { ...whole, ...(previous.status === undefined ? {} : { status: previous.status }) };
    const bump = JSON.stringify(result.spec) === JSON.stringify(previous.spec) ? 0 : 1;
    const { creationTimestamp, deletionTimestamp } = previous.metadata ?? {};
    const metadata = {
      ...result.metadata,
      uid: previous.metadata!.uid!,
      generation: (previous.metadata?.generation ?? 1) + bump,
      ...(creationTimestamp === undefined ? {} : { creationTimestamp }),
      ...(deletionTimestamp === undefined ? {} : { deletionTimestamp }),
    };
    const stored = { ...result, metadata };
    if (deletionTimestamp !== undefined && (metadata.finalizers ?? []).length === 0) return this.#remove(type, stored);
    return this.#store(type, 'MODIFIED', stored, previous);
  }

  #bind<T extends ApiObject>(type: ResourceType<T>, object: T): T {
    const pod = this.#read(type, { name: '', ...object.metadata }) as Pod;
    if (pod.spec?.nodeName !== undefined) throw apiError(409, 'Conflict', 'pod is already assigned');
    const nodeName = (object as { target?: { name?: string } }).target?.name ?? '';
    const spec = { containers: [], ...pod.spec, nodeName };
    return this.#store(type, 'MODIFIED', { ...structuredClone(pod), spec } as ApiObject, pod) as T;
  }

  #remove(type: ResourceType, object: ApiObject): ApiObject {
    const gone = this.#store(type, 'DELETED', object);
    this.#objects.delete(storeKey(type, { name: '', ...object.metadata }));
    return gone;
  }

  #store(
    type: ResourceType,
    event: 'ADDED' | 'MODIFIED' | 'DELETED',
    object: ApiObject,
    previous?: ApiObject,
  ): ApiObject {
    this.#version += 1;
    const stored = { ...object, metadata: { ...object.metadata, resourceVersion: String(this.#version) } };
    this.#objects.set(storeKey(type, { name: '', ...stored.metadata }), stored);
    this.#log.push({
      plural: type.plural,
      version: this.#version,
      event: { type: event, object: stored },
      ...(previous === undefined ? {} : { previous }),
    });
    this.#wake();
    return stored;
  }

  #wake(): void {
    for (const wake of this.#wakers) wake();
    this.#wakers.clear();
  }

  #change(signal: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      this.#wakers.add(resolve);
      signal.addEventListener('abort', () => resolve(), { once: true });
    });
  }
}

function storeKey(type: ResourceType, { namespace, name }: ObjectKey): string {
  return `${type.plural}|${namespace ?? ''}|${name}`;
}

function selects(object: ApiObject, { namespace, labelSelector, fieldSelector }: ListOptions): boolean {
  if (namespace !== undefined && object.metadata?.namespace !== namespace) return false;
  for (const term of (labelSelector ?? '').split(',').filter(Boolean)) {
    const [key = '', value] = term.split('=');
    if (object.metadata?.labels?.[key] !== value) return false;
  }
  for (const term of (fieldSelector ?? '').split(',').filter(Boolean)) {
    const [path = '', value = ''] = term.split('=');
    const found = path.split('.').reduce<unknown>((at, part) => (at as Record<string, unknown>)?.[part], object);
    if (String(found ?? '') !== value) return false;
  }
  return true;
}

function mergePatch(target: unknown, patch: unknown): unknown {
  if (typeof patch !== 'object' || patch === null || Array.isArray(patch)) return patch;
  const result: Record<string, unknown> = { ...(target as Record<string, unknown> | undefined) };
  for (const [key, value] of Object.entries(patch)) {
    if (value === null) delete result[key];
    else result[key] = mergePatch(result[key], value);
  }
  return result;
}
