/**
 * All objects of one resource, sorted by namespace and name as etcd's keys are. A read finds by hash, a write moves
 * nothing but the one entry; no write scans the collection.
 */
import type { ApiObject } from '../../objects/wire.ts';
import { StoredObject, type StoreEvent } from './stored-object.ts';
import { WatchLog } from './watch-log.ts';

interface Shelf {
  readonly byName: Map<string, StoredObject>;
  /** The same objects in the order of their names. */
  readonly sorted: StoredObject[];
}

export type StoreListener = (event: StoreEvent) => void;

/** What readers see of a collection. */
export interface ReadableCollection {
  readonly size: number;
  get(namespace: string, name: string): StoredObject | undefined;
  /** The objects of one namespace, or of all, in order: a copy that later writes do not touch. */
  entries(namespace?: string): StoredObject[];
  /**
   * The objects as they were at `revision`: today's, with later changes taken back. Throws 410 Expired when those
   * changes are no longer known.
   */
  entriesAt(revision: number, namespace?: string): StoredObject[];
  /** Every event after `revision`. Throws 410 Expired. */
  eventsSince(revision: number): readonly StoreEvent[];
  /** Calls `listener` with each later event, within the write itself, until the returned function is called. */
  subscribe(listener: StoreListener): () => void;
}

/** Cluster-wide objects stand under the empty namespace. */
function placeOf(object: ApiObject): { namespace: string; name: string } {
  return { namespace: object.metadata?.namespace ?? '', name: object.metadata?.name ?? '' };
}

function positionOf(sorted: readonly StoredObject[], name: string): number {
  let low = 0;
  let high = sorted.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (sorted[middle]!.object.metadata!.name! < name) low = middle + 1;
    else high = middle;
  }
  return low;
}

export class Collection implements ReadableCollection {
  readonly #shelves = new Map<string, Shelf>();
  readonly #log: WatchLog;
  readonly #listeners = new Set<StoreListener>();
  #size = 0;

  constructor(logCapacity: number, startRevision: number) {
    this.#log = new WatchLog(logCapacity, startRevision);
  }

  get size(): number {
    return this.#size;
  }

  get(namespace: string, name: string): StoredObject | undefined {
    return this.#shelves.get(namespace)?.byName.get(name);
  }

  entries(namespace?: string): StoredObject[] {
    if (namespace !== undefined) return this.#shelves.get(namespace)?.sorted.slice() ?? [];
    // etcd's keys are namespace/name: the slash takes part in the order.
    const names = [...this.#shelves.keys()].sort((a, b) => (`${a}/` < `${b}/` ? -1 : 1));
    return names.flatMap((name) => this.#shelves.get(name)!.sorted);
  }

  entriesAt(revision: number, namespace?: string): StoredObject[] {
    const later = this.#log.since(revision);
    if (later.length === 0) return this.entries(namespace);
    const past = new Map(this.entries(namespace).map((entry) => [keyOf(entry.object), entry]));
    for (const event of later.toReversed()) {
      if (namespace !== undefined && placeOf(event.current.object).namespace !== namespace) continue;
      const key = keyOf(event.current.object);
      if (event.previous === undefined) past.delete(key);
      else past.set(key, event.previous);
    }
    return [...past].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, entry]) => entry);
  }

  eventsSince(revision: number): readonly StoreEvent[] {
    return this.#log.since(revision);
  }

  subscribe(listener: StoreListener): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** Stores a version, of which the watchers learn by `announce`. Only the store calls this. */
  put(object: ApiObject, revision: number): StoreEvent {
    const current = new StoredObject(object, revision);
    const previous = this.#set(current);
    const type = previous === undefined ? 'ADDED' : 'MODIFIED';
    return { type, revision, current, previous, frames: new Map() };
  }

  /** Removes an object; `last` is its last state under the revision of the deletion. Only the store calls this. */
  remove(last: ApiObject, revision: number): StoreEvent {
    const previous = this.#unset(last);
    return { type: 'DELETED', revision, current: new StoredObject(last, revision), previous, frames: new Map() };
  }

  /** Takes back a change that could not be kept and was not announced. Changes are taken back latest first. */
  takeBack({ current, previous }: StoreEvent): void {
    if (previous === undefined) this.#unset(current.object);
    else this.#set(previous);
  }

  /** Tells the watchers of a change. */
  announce(event: StoreEvent): void {
    this.#log.append(event);
    for (const listener of this.#listeners) listener(event);
    // The log keeps the event for long; its encodings served those who watched at this moment.
    event.frames.clear();
    event.previous?.forgetJson();
    if (event.type === 'DELETED') event.current.forgetJson();
  }

  /** Returns what stood in its place. */
  #set(entry: StoredObject): StoredObject | undefined {
    const { namespace, name } = placeOf(entry.object);
    let shelf = this.#shelves.get(namespace);
    if (shelf === undefined) {
      shelf = { byName: new Map(), sorted: [] };
      this.#shelves.set(namespace, shelf);
    }
    const previous = shelf.byName.get(name);
    const position = positionOf(shelf.sorted, name);
    shelf.byName.set(name, entry);
    if (previous === undefined) {
      shelf.sorted.splice(position, 0, entry);
      this.#size += 1;
    } else {
      shelf.sorted[position] = entry;
    }
    return previous;
  }

  #unset(object: ApiObject): StoredObject {
    const { namespace, name } = placeOf(object);
    const shelf = this.#shelves.get(namespace);
    const previous = shelf?.byName.get(name);
    if (shelf === undefined || previous === undefined) throw new Error(`no ${namespace}/${name} to remove`);
    shelf.byName.delete(name);
    shelf.sorted.splice(positionOf(shelf.sorted, name), 1);
    if (shelf.sorted.length === 0) this.#shelves.delete(namespace);
    this.#size -= 1;
    return previous;
  }
}

function keyOf(object: ApiObject): string {
  const { namespace, name } = placeOf(object);
  return `${namespace}/${name}`;
}
