/**
 * The store: every object of the API in memory, under one increasing resourceVersion as etcd has it. Knows nothing of
 * kinds. Stored objects are immutable: they are never changed after they are stored (a change stores a copy), so
 * callers may keep and share what they read but must not write to it.
 */
import type { ResourceType } from '../../objects/resource.ts';
import type { ApiObject, ObjectMeta } from '../../objects/wire.ts';
import { deepFreeze } from '../json.ts';
import { Collection, type ReadableCollection } from './collection.ts';
import { CollectionView, type Conversion } from './collection-view.ts';
import type { StoredObject, StoreEvent } from './stored-object.ts';

const LOG_CAPACITY = 4096;
/** The resourceVersion before the first change. */
const FIRST_REVISION = 1;

/** A change about to be made: what a write-ahead log keeps. */
export interface StoreChange {
  readonly revision: number;
  /** `pods`, `deployments.apps`. */
  readonly resource: string;
  readonly operation: 'put' | 'remove';
  /** The new version, or the last state of an object that is removed. */
  readonly current: StoredObject;
  /** The version that goes. */
  readonly previous: StoredObject | undefined;
}

/** What a former store left. */
export interface RestoredState {
  /** At least that of its last change. Watches and lists of versions before it are told to list anew. */
  readonly revision: number;
  readonly objects: Iterable<{ readonly resource: string; readonly object: ApiObject }>;
}

export interface StoreOptions {
  /** Events kept per resource for watchers that resume; between this and twice as many. */
  readonly logCapacity?: number;
  /** Freezes every stored object, so that a reader who writes to one is found out (tests). */
  readonly freeze?: boolean;
  /** Keeps the changes of one operation, all or none, before anybody sees them; when it throws, nothing is changed. */
  readonly writeAhead?: (changes: readonly StoreChange[]) => void;
  readonly restored?: RestoredState;
}

type Resource = Pick<ResourceType, 'group' | 'plural'>;

interface PendingChange {
  readonly resource: string;
  readonly collection: Collection;
  readonly event: StoreEvent;
}

function resourceKey({ group, plural }: Resource): string {
  return group === '' ? plural : `${plural}.${group}`;
}

interface View {
  /** The resource whose objects it shows. */
  readonly of: Resource;
  readonly conversion: Conversion;
  readonly collection: CollectionView;
}

export class Store {
  readonly #options: StoreOptions;
  readonly #collections = new Map<string, Collection>();
  readonly #views = new Map<string, View>();
  readonly #startRevision: number;
  #revision = FIRST_REVISION;
  /** The changes of the operation under way. */
  #pending: PendingChange[] | undefined;

  constructor(options: StoreOptions = {}) {
    const { restored } = options;
    this.#options = options;
    this.#revision = restored?.revision ?? FIRST_REVISION;
    this.#startRevision = restored === undefined ? 0 : restored.revision;
    for (const { resource, object } of restored?.objects ?? []) {
      if (options.freeze === true) deepFreeze(object);
      this.#collection(resource).put(object, Number(object.metadata?.resourceVersion));
    }
  }

  /** The resourceVersion of the latest change. */
  get revision(): number {
    return this.#revision;
  }

  collection(resource: Resource): ReadableCollection {
    const key = resourceKey(resource);
    return this.#views.get(key)?.collection ?? this.#collection(key);
  }

  /** Makes `resource` another version of `of`: what is written to either is read from both. */
  addView(resource: Resource, of: Resource, conversion: Conversion): void {
    const collection = new CollectionView(this.collection(of), conversion);
    this.#views.set(resourceKey(resource), { of, conversion, collection });
  }

  /**
   * Runs an operation whose writes are one: they are kept together or not at all, and watchers see them when they are
   * kept. When it throws, all its writes are taken back. An operation within another is part of it.
   */
  atomically<T>(operation: () => T): T {
    if (this.#pending !== undefined) return operation();
    const before = this.#revision;
    const pending: PendingChange[] = [];
    this.#pending = pending;
    let result: T;
    try {
      result = operation();
      if (pending.length > 0) this.#options.writeAhead?.(pending.map(changeOf));
    } catch (error) {
      for (const { collection, event } of pending.toReversed()) collection.takeBack(event);
      this.#revision = before;
      throw error;
    } finally {
      this.#pending = undefined;
    }
    for (const { collection, event } of pending) collection.announce(event);
    return result;
  }

  /** Stores a new version of an object, which from now on belongs to the store. */
  put(resource: Resource, object: ApiObject): StoredObject {
    return this.#change(resource, object, 'put');
  }

  /** Removes an object, given its last state. */
  remove(resource: Resource, object: ApiObject): StoredObject {
    return this.#change(resource, object, 'remove');
  }

  #change(resource: Resource, object: ApiObject, operation: StoreChange['operation']): StoredObject {
    const view = this.#views.get(resourceKey(resource));
    if (view !== undefined) {
      return view.collection.show(this.#change(view.of, view.conversion.toStored(object), operation));
    }
    return this.atomically(() => {
      const key = resourceKey(resource);
      const collection = this.#collection(key);
      const revision = this.#revision + 1;
      const metadata = { ...object.metadata, resourceVersion: String(revision) } as ObjectMeta;
      const versioned = { ...object, metadata };
      if (this.#options.freeze === true) deepFreeze(versioned);
      const event = collection[operation](versioned, revision);
      this.#revision = revision;
      this.#pending!.push({ resource: key, collection, event });
      return event.current;
    });
  }

  #collection(key: string): Collection {
    let collection = this.#collections.get(key);
    if (collection === undefined) {
      collection = new Collection(this.#options.logCapacity ?? LOG_CAPACITY, this.#startRevision);
      this.#collections.set(key, collection);
    }
    return collection;
  }
}

function changeOf({ resource, event }: PendingChange): StoreChange {
  const { type, revision, current, previous } = event;
  return { revision, resource, operation: type === 'DELETED' ? 'remove' : 'put', current, previous };
}
