/** How many watches one user may hold open: each costs memory and a share of every change. */
import type { ApiCore } from '../api-core.ts';
import { statusError } from '../status-error.ts';

/** A node's components hold some ten, under users that all nodes share. */
const MOST_WATCHES_PER_USER = 2_000;
const RETRY_AFTER_SECONDS = 1;

const watchesOf = new WeakMap<ApiCore, Map<string, number>>();

/** Counts a watch in; the returned function counts it out. Throws 429 when the user has too many. */
export function admitWatch(core: ApiCore, username: string): () => void {
  const counts = watchesOf.get(core) ?? new Map<string, number>();
  watchesOf.set(core, counts);
  const count = counts.get(username) ?? 0;
  if (count >= MOST_WATCHES_PER_USER) {
    throw statusError(429, 'TooManyRequests', 'Too many requests, please try again later.', {
      retryAfterSeconds: RETRY_AFTER_SECONDS,
    });
  }
  counts.set(username, count + 1);
  return () => {
    const left = counts.get(username)! - 1;
    if (left === 0) counts.delete(username);
    else counts.set(username, left);
  };
}
