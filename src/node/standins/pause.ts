/** The stand-in that only stays, as the pause image does. */
import type { StandIn } from './stand-in.ts';

/** Stays until it is closed. */
export async function startPause(): Promise<StandIn> {
  return { close: async () => undefined };
}
