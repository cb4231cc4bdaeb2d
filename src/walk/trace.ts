/** Captures in several namespaces at once while a probe is sent: the hops of that probe, there and back. */
import type { Kernel } from '../kernel/kernel.ts';
import type { IpFamily } from '../net/ip.ts';
import { type ConntrackEntry, parseConntrack } from './conntrack.ts';
import type { Flow } from './flow.ts';
import { type Capture, type CapturePoint, type Hop, hops } from './hops.ts';
import { NamespaceCapture } from './namespace-capture.ts';

const DEADLINE_MS = 30_000;

export interface Trace {
  readonly hops: readonly Hop[];
  readonly captures: readonly Capture[];
}

/** Captures at `points` from before `send` begins until after it has resolved. Nothing is left when it fails. */
export async function captureWhile(
  kernel: Pick<Kernel, 'read' | 'spawn'>,
  points: readonly CapturePoint[],
  send: () => Promise<void>,
): Promise<Capture[]> {
  const captures = points.map((point) => new NamespaceCapture(kernel, point));
  try {
    await all(captures, (capture) => capture.ready(Date.now() + DEADLINE_MS));
    await send();
    await all(captures, (capture) => capture.caughtUp(Date.now() + DEADLINE_MS));
    return await all(captures, (capture) => capture.stop());
  } finally {
    await Promise.all(captures.map((capture) => capture.abandon()));
  }
}

/**
 * Sends one probe and follows it; `family` is that of its addresses. `send` resolves once the probe was answered, refused or
 * given up.
 */
export async function trace(
  kernel: Pick<Kernel, 'read' | 'spawn'>,
  points: readonly CapturePoint[],
  flow: Flow,
  send: () => Promise<void>,
  family: IpFamily = 4,
): Promise<Trace> {
  const conntrack = new Map<string, ConntrackEntry[]>();
  const captures = await captureWhile(kernel, points, async () => {
    await send();
    // While the captures still run: a short-lived entry may be gone after they have been stopped.
    await all(
      points.filter(({ role }) => role === 'node'),
      async ({ netns }) => {
        const { stdout } = await kernel.read(netns, ['conntrack', '-L', '-f', `ipv${family}`]);
        conntrack.set(netns, parseConntrack(stdout));
      },
    );
  });
  return { captures, hops: hops(captures, flow, conntrack) };
}

/** Like `Promise.all`, but waits for the others before it rejects, so that none is left running unseen. */
async function all<T, R>(items: readonly T[], action: (item: T) => Promise<R>): Promise<R[]> {
  const results = await Promise.allSettled(items.map(action));
  const failed = results.find((result) => result.status === 'rejected');
  if (failed !== undefined) throw failed.reason;
  return results.map((result) => (result as PromiseFulfilledResult<R>).value);
}
