/** The longest a timer of Node's waits, some 24 days: one that is asked for more fires at once. */
const LONGEST_MS = 2 ** 31 - 1;

/** A time out of an object or a request, in milliseconds, as a timer can wait for it: who waits longer looks again then. */
export function timerMs(ms: number): number {
  return Math.min(ms, LONGEST_MS);
}
