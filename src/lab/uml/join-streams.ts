/** Joins two streams that carry bytes both ways: what comes on one goes to the other, an end of sending is passed on. */
import type { Duplex } from 'node:stream';
import { pipeline } from 'node:stream/promises';

/** When either fails, both are over. */
export function joinStreams(one: Duplex, other: Duplex): void {
  void Promise.allSettled([pipeline(one, other), pipeline(other, one)]).then(() => {
    one.destroy();
    other.destroy();
  });
}
