/**
 * The store: every object of the API in memory, under one increasing resourceVersion as etcd has it. Knows nothing of
 * kinds. Stored objects are immutable: they are never changed after they are stored (a change stores a copy), so
 * callers may keep and share what they read but must not write to it.
 */
import type { ResourceType } from '../../objects/resource.ts';
import type { ApiObject, ObjectMeta } from '../../objects/wire.ts';
import { deepFreeze } from '../json.ts';
import { Collection } from './collection.ts';
import type { StoredObject } from './stored-object.ts';

const LOG_CAPACITY = 4096;

/** A change about to be made: what a write-ahead log keeps. */
export interface StoreChange {
  readonly revision: number;
  /** `pods`, `deployments.apps`. */
  readonly resource: string;
  readonly operation: 'put' | 'remove';
  readonly object: ApiObject;
}

export interface StoreOptions {
  /** Events kept per resource for watchers that resume; between this and twice as many. */
  readonly logCapacity?: number;
  /** Freezes every stored object, so that a reader who writes to one is found out (tests). */
  readonly freeze?: boolean;
  /** Called before each change takes effect; when it throws, nothing is changed. */
  readonly writeAhead?: (change: StoreChange) => void;
}

type Resource = Pick<ResourceType, 'group' | 'plural'>;

function resourceKey({ group, plural }: Resource): string {
  return group === '' ? plural : `${plural}.${group}`;
}

export class Store {
  readonly #options: StoreOptions;
  readonly #collections = new Map<string, Collection>();
  #revision = 1;

  constructor(options: StoreOptions = {}) {
    this.#options = options;
  }

  /** The resourceVersion of the latest change. */
  get revision(): number {
    return this.#revision;
  }

  collection(resource: Resource): Collection {
    const key = resourceKey(resource);
    let collection = this.#collections.get(key);
    if (collection === undefined) {
      collection = new Collection(this.#options.logCapacity ?? LOG_CAPACITY, 0);
      this.#collections.set(key, collection);
    }
    return collection;
  }

  /** Stores a new version of an object, which from now on belongs to the store. */
  put(resource: Resource, object: ApiObject): StoredObject {
    const { revision, versioned } = this.#prepare(resource, object, 'put');
    return this.collection(resource).put(versioned, revision);
  }

  /** Removes an object, given its last state. */
  remove(resource: Resource, object: ApiObject): StoredObject {
    const { revision, versioned } = this.#prepare(resource, object, 'remove');
    return this.collection(resource).remove(versioned, revision);
  }

  #prepare(
    resource: Resource,
    object: ApiObject,
    operation: StoreChange['operation'],
  ): { revision: number; versioned: ApiObject } {
    const revision = this.#revision + 1;
    const metadata = { ...object.metadata, resourceVersion: String(revision) } as ObjectMeta;
    const versioned = { ...object, metadata };
    this.#options.writeAhead?.({ revision, resource: resourceKey(resource), operation, object: versioned });
    this.#revision = revision;
    if (this.#options.freeze === true) deepFreeze(versioned);
    return { revision, versioned };
  }
}
