/**
 * Decides which event an occurrence belongs to: a new one, an earlier one whose count rises, a combined one, or none.
 * Pure but for its memory; limits as client-go's event correlator has them by default.
 */
export interface Occurrence {
  /** Identifies the object the event is about. */
  readonly about: string;
  readonly type: string;
  readonly reason: string;
  readonly message: string;
  /** Milliseconds since the epoch. */
  readonly at: number;
}

/** One event with all its occurrences so far; the same object is returned for each of them. */
export interface Correlated {
  count: number;
  message: string;
  readonly firstAt: number;
  lastAt: number;
}

interface Similar {
  readonly messages: Set<string>;
  lastAt: number;
}

interface Bucket {
  tokens: number;
  filledAt: number;
}

const COMBINE_FROM = 10;
const COMBINE_WITHIN_MS = 600_000;
const BURST = 25;
const REFILL_MS = 300_000;
const MOST_REMEMBERED = 4096;

export class EventCorrelator {
  readonly #events = new Map<string, Correlated>();
  readonly #similar = new Map<string, Similar>();
  readonly #buckets = new Map<string, Bucket>();

  /** The event this occurrence counts towards; undefined when there are too many about this object. */
  add(occurrence: Occurrence): Correlated | undefined {
    const { about, type, reason, at } = occurrence;
    const group = [about, type, reason].join('|');
    const combined = this.#isCombined(group, occurrence);
    const message = combined ? `(combined from similar events): ${occurrence.message}` : occurrence.message;
    const key = combined ? group : `${group}|${message}`;
    if (!this.#spend(about, at)) return undefined;
    const event = recall(this.#events, key, () => ({ count: 0, message, firstAt: at, lastAt: at }));
    event.count += 1;
    event.message = message;
    event.lastAt = at;
    return event;
  }

  #isCombined(group: string, { message, at }: Occurrence): boolean {
    const similar = recall(this.#similar, group, () => ({ messages: new Set<string>(), lastAt: at }));
    if (at - similar.lastAt > COMBINE_WITHIN_MS) similar.messages.clear();
    similar.lastAt = at;
    if (similar.messages.has(message)) return false;
    if (similar.messages.size >= COMBINE_FROM) return true;
    similar.messages.add(message);
    return false;
  }

  #spend(about: string, at: number): boolean {
    const bucket = recall(this.#buckets, about, () => ({ tokens: BURST, filledAt: at }));
    bucket.tokens = Math.min(BURST, bucket.tokens + (at - bucket.filledAt) / REFILL_MS);
    bucket.filledAt = at;
    if (bucket.tokens < 1) return false;
    bucket.tokens -= 1;
    return true;
  }
}

/** The remembered value, made if absent and moved to the end; the longest unused is forgotten when there are too many. */
function recall<V>(memory: Map<string, V>, key: string, make: () => V): V {
  const value = memory.get(key) ?? make();
  memory.delete(key);
  memory.set(key, value);
  if (memory.size > MOST_REMEMBERED) memory.delete(memory.keys().next().value as string);
  return value;
}
