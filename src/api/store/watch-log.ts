/**
 * The last changes of one resource, in order. When it is full the oldest half-ring is let go ("compaction"); who asks
 * for what came before is told to list anew.
 */
import { expired } from '../status-error.ts';
import type { StoreEvent } from './stored-object.ts';

export class WatchLog {
  readonly #capacity: number;
  #events: StoreEvent[] = [];
  /** Events up to this revision are gone. */
  #compacted: number;

  constructor(capacity: number, startRevision: number) {
    this.#capacity = capacity;
    this.#compacted = startRevision;
  }

  append(event: StoreEvent): void {
    this.#events.push(event);
    // Twice the capacity before anything is cut makes the cost of cutting constant per event.
    if (this.#events.length < 2 * this.#capacity) return;
    const kept = this.#events.length - this.#capacity;
    this.#compacted = this.#events[kept - 1]!.revision;
    this.#events = this.#events.slice(kept);
  }

  /** Every event after `revision`. Throws 410 Expired when some of them are gone. */
  since(revision: number): readonly StoreEvent[] {
    if (revision < this.#compacted) {
      throw expired(`too old resource version: ${revision} (${this.#compacted})`);
    }
    let low = 0;
    let high = this.#events.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (this.#events[middle]!.revision <= revision) low = middle + 1;
      else high = middle;
    }
    return this.#events.slice(low);
  }
}
