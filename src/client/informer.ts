/**
 * An informer: a local cache of one resource, kept true by list and watch, as client-go's. Handlers run after the
 * cache has changed. A lost watch resumes from the last resourceVersion; `410 Expired` lists anew and reports the
 * difference, so a handler never misses a deletion. Cached objects are shared: whoever reads one must not change it.
 */
import type { ResourceType } from '../objects/resource.ts';
import { ApiError, type Transport, type WatchEvent } from '../objects/transport.ts';
import type { ApiObject } from '../objects/wire.ts';
import { ObjectIndex } from './object-index.ts';

export interface InformerOptions {
  readonly namespace?: string;
  readonly labelSelector?: string;
  readonly fieldSelector?: string;
  /** Told of failed lists, lost watches and handlers that threw; all are got over. Default: handlers' errors warn. */
  readonly onError?: (error: unknown) => void;
}

export type InformerChange<T> =
  | { readonly type: 'added'; readonly object: T }
  | { readonly type: 'updated'; readonly object: T; readonly previous: T }
  | { readonly type: 'deleted'; readonly object: T };

const RETRY_FIRST_MS = 50;
const RETRY_MOST_MS = 2_000;

/** `namespace/name`, or the name alone for cluster-wide objects. */
export function keyOf(object: ApiObject): string {
  const { namespace, name = '' } = object.metadata ?? {};
  return namespace === undefined ? name : `${namespace}/${name}`;
}

export class Informer<T extends ApiObject> {
  readonly #transport: Transport;
  readonly #type: ResourceType<T>;
  readonly #selection: Omit<InformerOptions, 'onError'>;
  readonly #onError: ((error: unknown) => void) | undefined;
  readonly #cache = new Map<string, T>();
  readonly #indexes = new Set<ObjectIndex<T>>();
  readonly #handlers = new Set<(change: InformerChange<T>) => void>();
  readonly #abort = new AbortController();
  #resourceVersion = '';
  #started: Promise<void> | undefined;
  #following: Promise<void> | undefined;

  constructor(transport: Transport, type: ResourceType<T>, options: InformerOptions = {}) {
    const { onError, ...selection } = options;
    this.#transport = transport;
    this.#type = type;
    this.#selection = selection;
    this.#onError = onError;
  }

  /** Calls `handler` for every change from now on. Add handlers before `start` to see the first list.
   * The returned function takes the handler away again. */
  onChange(handler: (change: InformerChange<T>) => void): () => void {
    this.#handlers.add(handler);
    return () => void this.#handlers.delete(handler);
  }

  /** An index over the cache, kept with it: up to date whenever a handler runs. */
  index(keysOf: (object: T) => readonly string[]): ObjectIndex<T> {
    const index = new ObjectIndex(keysOf);
    for (const [key, object] of this.#cache) index.replace(key, undefined, object);
    this.#indexes.add(index);
    return index;
  }

  get(key: string): T | undefined {
    return this.#cache.get(key);
  }

  list(): T[] {
    return [...this.#cache.values()];
  }

  /** The resourceVersion up to which the cache is known to be true. */
  get resourceVersion(): string {
    return this.#resourceVersion;
  }

  /** Resolves when the first list is in the cache and its handlers have run. Retries until it succeeds or is stopped. */
  start(): Promise<void> {
    this.#started ??= this.#begin();
    return this.#started;
  }

  /** No handler runs after this call. Does not wait for a list under way: its answer is dropped. */
  async stop(): Promise<void> {
    this.#abort.abort();
    await this.#following;
  }

  async #begin(): Promise<void> {
    let delay = RETRY_FIRST_MS;
    while (!this.#abort.signal.aborted) {
      try {
        await this.#relist();
        this.#following = this.#follow();
        return;
      } catch (error) {
        if (this.#abort.signal.aborted) return;
        this.#onError?.(error);
        await this.#pause(delay);
        delay = Math.min(delay * 2, RETRY_MOST_MS);
      }
    }
  }

  async #relist(): Promise<void> {
    const list = this.#transport.list(this.#type, this.#selection);
    const { items, resourceVersion } = await unlessAborted(list, this.#abort.signal);
    const fresh = new Map(items.map((item) => [keyOf(item), item]));
    for (const [key, object] of [...this.#cache]) {
      if (!fresh.has(key)) this.#apply({ type: 'DELETED', object });
    }
    for (const object of fresh.values()) this.#apply({ type: 'ADDED', object });
    this.#resourceVersion = resourceVersion;
  }

  async #follow(): Promise<void> {
    let delay = RETRY_FIRST_MS;
    let relist = false;
    while (!this.#abort.signal.aborted) {
      try {
        if (relist) await this.#relist();
        relist = false;
        const events = this.#transport.watch(this.#type, {
          ...this.#selection,
          resourceVersion: this.#resourceVersion,
          allowBookmarks: true,
          signal: this.#abort.signal,
        });
        for await (const event of events) {
          if (this.#abort.signal.aborted) return;
          if (event.type !== 'BOOKMARK') this.#apply(event);
          this.#resourceVersion = event.object.metadata?.resourceVersion ?? this.#resourceVersion;
          delay = RETRY_FIRST_MS;
        }
      } catch (error) {
        if (this.#abort.signal.aborted) return;
        this.#onError?.(error);
        relist ||= needsRelist(error);
      }
      // Also after a quiet end: a server that ends every watch at once must not be asked in a tight loop.
      await this.#pause(delay);
      delay = Math.min(delay * 2, RETRY_MOST_MS);
    }
  }

  #apply(event: Exclude<WatchEvent<T>, { type: 'BOOKMARK' }>): void {
    const { object } = event;
    const key = keyOf(object);
    const previous = this.#cache.get(key);
    if (event.type === 'DELETED') {
      if (previous === undefined) return;
      this.#cache.delete(key);
      this.#reindex(key, previous, undefined);
      this.#emit({ type: 'deleted', object });
      return;
    }
    if (previous !== undefined && previous.metadata?.uid !== object.metadata?.uid) {
      // Deleted and made again while the watch was lost: two changes, not one.
      this.#apply({ type: 'DELETED', object: previous });
      this.#apply({ type: 'ADDED', object });
      return;
    }
    const version = object.metadata?.resourceVersion;
    if (previous !== undefined && version !== undefined && previous.metadata?.resourceVersion === version) return;
    this.#cache.set(key, object);
    this.#reindex(key, previous, object);
    this.#emit(previous === undefined ? { type: 'added', object } : { type: 'updated', object, previous });
  }

  #reindex(key: string, previous: T | undefined, next: T | undefined): void {
    for (const index of this.#indexes) index.replace(key, previous, next);
  }

  /** A handler that throws is reported and keeps no other from being called. */
  #emit(change: InformerChange<T>): void {
    for (const handler of this.#handlers) {
      try {
        handler(change);
      } catch (error) {
        if (this.#onError !== undefined) this.#onError(error);
        else process.emitWarning(`a handler of ${this.#type.plural} failed: ${String(error)}`);
      }
    }
  }

  #pause(ms: number): Promise<void> {
    const { signal } = this.#abort;
    return new Promise((resolve) => {
      if (signal.aborted) return resolve();
      const timer = setTimeout(done, ms);
      function done(): void {
        clearTimeout(timer);
        signal.removeEventListener('abort', done);
        resolve();
      }
      signal.addEventListener('abort', done, { once: true });
    });
  }
}

/** True when the server no longer knows (or does not yet know) the version to resume from. */
function needsRelist(error: unknown): boolean {
  if (!(error instanceof ApiError)) return false;
  const tooNew = error.status.details?.causes?.some(({ reason }) => reason === 'ResourceVersionTooLarge') ?? false;
  return error.code === 410 || error.reason === 'Expired' || error.reason === 'Gone' || tooNew;
}

/** The promise's outcome, or a rejection as soon as the signal aborts. */
function unlessAborted<R>(promise: Promise<R>, signal: AbortSignal): Promise<R> {
  return new Promise((resolve, reject) => {
    const abort = (): void => reject(signal.reason);
    if (signal.aborted) abort();
    signal.addEventListener('abort', abort, { once: true });
    promise.then(resolve, reject).finally(() => signal.removeEventListener('abort', abort));
  });
}
