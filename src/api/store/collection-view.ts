/**
 * A collection as another version of the API shows it: the same objects under the same revisions, each converted once when
 * it is first asked for. Watchers of the view share their frames as those of the collection do.
 */
import type { ApiObject } from '../../objects/wire.ts';
import type { ReadableCollection, StoreListener } from './collection.ts';
import { StoredObject, type StoreEvent } from './stored-object.ts';

export interface Conversion {
  /** The stored object as the view shows it. Neither direction changes what it is given. */
  fromStored(object: ApiObject): ApiObject;
  /** An object of the view as it is stored. */
  toStored(object: ApiObject): ApiObject;
}

export class CollectionView implements ReadableCollection {
  readonly #stored: ReadableCollection;
  readonly #conversion: Conversion;
  readonly #shown = new WeakMap<StoredObject, StoredObject>();
  readonly #listeners = new Set<StoreListener>();
  #unsubscribe: (() => void) | undefined;

  constructor(stored: ReadableCollection, conversion: Conversion) {
    this.#stored = stored;
    this.#conversion = conversion;
  }

  get size(): number {
    return this.#stored.size;
  }

  get(namespace: string, name: string): StoredObject | undefined {
    const entry = this.#stored.get(namespace, name);
    return entry === undefined ? undefined : this.show(entry);
  }

  entries(namespace?: string): StoredObject[] {
    return this.#stored.entries(namespace).map((entry) => this.show(entry));
  }

  entriesAt(revision: number, namespace?: string): StoredObject[] {
    return this.#stored.entriesAt(revision, namespace).map((entry) => this.show(entry));
  }

  eventsSince(revision: number): readonly StoreEvent[] {
    return this.#stored.eventsSince(revision).map((event) => this.#showEvent(event));
  }

  subscribe(listener: StoreListener): () => void {
    this.#listeners.add(listener);
    this.#unsubscribe ??= this.#stored.subscribe((event) => this.#announce(event));
    return () => {
      this.#listeners.delete(listener);
      if (this.#listeners.size > 0) return;
      this.#unsubscribe?.();
      this.#unsubscribe = undefined;
    };
  }

  /** A stored version as the view shows it. */
  show(entry: StoredObject): StoredObject {
    const known = this.#shown.get(entry);
    if (known !== undefined) return known;
    const shown = new StoredObject(this.#conversion.fromStored(entry.object), entry.revision);
    this.#shown.set(entry, shown);
    return shown;
  }

  #announce(event: StoreEvent): void {
    const shown = this.#showEvent(event);
    for (const listener of this.#listeners) listener(shown);
  }

  #showEvent({ type, revision, current, previous }: StoreEvent): StoreEvent {
    const before = previous === undefined ? undefined : this.show(previous);
    return { type, revision, current: this.show(current), previous: before, frames: new Map() };
  }
}
