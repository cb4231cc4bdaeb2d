/** A second way into an informer's cache: the objects under a computed key (an owner's uid, a node, a namespace). */
import type { ApiObject } from '../objects/wire.ts';

export class ObjectIndex<T extends ApiObject> {
  readonly #keysOf: (object: T) => readonly string[];
  readonly #byKey = new Map<string, Map<string, T>>();

  constructor(keysOf: (object: T) => readonly string[]) {
    this.#keysOf = keysOf;
  }

  /** The objects under this key, in the order in which they came. */
  get(key: string): T[] {
    return [...(this.#byKey.get(key)?.values() ?? [])];
  }

  /** Called by the informer whenever its cache changes: `name` is the object's cache key. */
  replace(name: string, previous: T | undefined, next: T | undefined): void {
    const kept = new Set(next === undefined ? [] : this.#keysOf(next));
    for (const key of previous === undefined ? [] : this.#keysOf(previous)) {
      if (kept.has(key)) continue;
      const objects = this.#byKey.get(key);
      objects?.delete(name);
      if (objects?.size === 0) this.#byKey.delete(key);
    }
    if (next === undefined) return;
    for (const key of kept) {
      const objects = this.#byKey.get(key) ?? new Map<string, T>();
      objects.set(name, next);
      this.#byKey.set(key, objects);
    }
  }
}
