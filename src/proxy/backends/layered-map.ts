/**
 * A map that is never changed: `with` gives another, which shares what stays. A copy of the whole for each change of a Service
 * would take milliseconds where there are 10,000. Pure.
 */

/** Changes kept apart from the whole, at least; above this (and a sixteenth of the whole) they are put together. */
const MOST_APART = 256;

export class LayeredMap<K, V extends NonNullable<unknown>> {
  readonly #whole: ReadonlyMap<K, V>;
  /** Undefined: removed. */
  readonly #changes: ReadonlyMap<K, V | undefined>;

  constructor(whole: ReadonlyMap<K, V> = new Map(), changes: ReadonlyMap<K, V | undefined> = new Map()) {
    this.#whole = whole;
    this.#changes = changes;
  }

  get(key: K): V | undefined {
    return this.#changes.has(key) ? this.#changes.get(key) : this.#whole.get(key);
  }

  /** The map with these values; undefined removes. */
  with(changes: ReadonlyMap<K, V | undefined>): LayeredMap<K, V> {
    const apart = new Map(this.#changes);
    for (const [key, value] of changes) apart.set(key, value);
    if (apart.size <= Math.max(MOST_APART, this.#whole.size >> 4)) return new LayeredMap(this.#whole, apart);
    const whole = new Map(this.#whole);
    for (const [key, value] of apart) {
      if (value === undefined) whole.delete(key);
      else whole.set(key, value);
    }
    return new LayeredMap(whole);
  }
}
