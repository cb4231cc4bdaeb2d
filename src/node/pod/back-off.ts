/**
 * The wait before a container is started again: Kubernetes' own (10 s, doubled, at most 5 min, forgotten after 10 min of
 * health), a tenth as long, so that a lab shows CrashLoopBackOff without the hours.
 */
const SHORTENED = 10;
const FIRST_MS = 10_000 / SHORTENED;
const MOST_MS = 300_000 / SHORTENED;
const FORGOTTEN_AFTER_MS = 600_000 / SHORTENED;

/** Milliseconds from the end of the last instance; the first restart is at once. `failures` counts ends in a row. */
export function backOffMs(failures: number): number {
  return failures <= 1 ? 0 : Math.min(FIRST_MS * 2 ** (failures - 2), MOST_MS);
}

/** Ends in a row after one more, of an instance that ran for `ranMs`. */
export function failuresAfter(failures: number, ranMs: number): number {
  return ranMs >= FORGOTTEN_AFTER_MS ? 1 : failures + 1;
}

/** As Go prints a duration: `1s`, `2.5s`, `1m20s`. */
export function goDuration(ms: number): string {
  const minutes = Math.floor(ms / 60_000);
  const seconds = `${(ms % 60_000) / 1000}s`;
  return minutes === 0 ? seconds : `${minutes}m${seconds}`;
}
