/** Makes one connection of two: what comes in at one goes out at the other, and they end together. */
import type { Socket } from 'node:net';

/** Both are destroyed when either fails; an end is passed on. */
export function splice(one: Socket, other: Socket): void {
  for (const [from, to] of [
    [one, other],
    [other, one],
  ] as const) {
    from.setNoDelay(true);
    from.once('error', () => to.destroy());
    from.once('close', () => to.destroy());
    from.pipe(to);
  }
}
