/**
 * An informer: a local cache of one resource, kept true by list and watch, as client-go's. Handlers run after the
 * cache has changed. A lost watch resumes from the last resourceVersion; `410 Expired` lists anew and reports the
 * difference, so a handler never misses a deletion.
 */
import type { ResourceType } from '../objects/resource.ts';
import { hasReason, type Transport, type WatchEvent } from '../objects/transport.ts';
import type { ApiObject } from '../objects/wire.ts';

export interface InformerOptions {
  readonly namespace?: string;
  readonly labelSelector?: string;
  readonly fieldSelector?: string;
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
  readonly #options: InformerOptions;
  readonly #cache = new Map<string, T>();
  readonly #handlers = new Set<(change: InformerChange<T>) => void>();
  readonly #abort = new AbortController();
  #resourceVersion = '';
  #running: Promise<void> | undefined;

  constructor(transport: Transport, type: ResourceType<T>, options: InformerOptions = {}) {
    this.#transport = transport;
    this.#type = type;
    this.#options = options;
  }

  /** Calls `handler` for every change from now on. Add handlers before `start` to see the first list. */
  onChange(handler: (change: InformerChange<T>) => void): void {
    this.#handlers.add(handler);
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
  async start(): Promise<void> {
    let delay = RETRY_FIRST_MS;
    while (!this.#abort.signal.aborted) {
      try {
        await this.#relist();
        break;
      } catch {
        await this.#pause(delay);
        delay = Math.min(delay * 2, RETRY_MOST_MS);
      }
    }
    this.#running = this.#follow();
  }

  async stop(): Promise<void> {
    this.#abort.abort();
    await this.#running;
  }

  async #relist(): Promise<void> {
    const { items, resourceVersion } = await this.#transport.list(this.#type, this.#options);
    const fresh = new Map(items.map((item) => [keyOf(item), item]));
    for (const [key, object] of [...this.#cache]) {
      if (!fresh.has(key)) this.#apply({ type: 'DELETED', object });
    }
    for (const object of fresh.values()) this.#apply({ type: 'ADDED', object });
    this.#resourceVersion = resourceVersion;
  }

  async #follow(): Promise<void> {
    let delay = RETRY_FIRST_MS;
    while (!this.#abort.signal.aborted) {
      try {
        const events = this.#transport.watch(this.#type, {
          ...this.#options,
          resourceVersion: this.#resourceVersion,
          allowBookmarks: true,
          signal: this.#abort.signal,
        });
        for await (const event of events) {
          if (event.type !== 'BOOKMARK') this.#apply(event);
          this.#resourceVersion = event.object.metadata?.resourceVersion ?? this.#resourceVersion;
          delay = RETRY_FIRST_MS;
        }
      } catch (error) {
        if (this.#abort.signal.aborted) return;
        await this.#pause(delay);
        delay = Math.min(delay * 2, RETRY_MOST_MS);
        if (hasReason(error, 'Expired') || hasReason(error, 'Gone')) await this.#relist().catch(() => undefined);
      }
    }
  }

  #apply(event: Exclude<WatchEvent<T>, { type: 'BOOKMARK' }>): void {
    const key = keyOf(event.object);
    const previous = this.#cache.get(key);
    if (event.type === 'DELETED') {
      if (!this.#cache.delete(key)) return;
      this.#emit({ type: 'deleted', object: event.object });
    } else {
      if (previous?.metadata?.resourceVersion === event.object.metadata?.resourceVersion && previous !== undefined)
        return;
      this.#cache.set(key, event.object);
      this.#emit(
        previous === undefined
          ? { type: 'added', object: event.object }
          : { type: 'updated', object: event.object, previous },
      );
    }
  }

  #emit(change: InformerChange<T>): void {
    for (const handler of this.#handlers) handler(change);
  }

  #pause(ms: number): Promise<void> {
    return new Promise((resolve) => {
      const timer = setTimeout(done, ms);
      const signal = this.#abort.signal;
      function done(): void {
        clearTimeout(timer);
        signal.removeEventListener('abort', done);
        resolve();
      }
      signal.addEventListener('abort', done, { once: true });
    });
  }
}
