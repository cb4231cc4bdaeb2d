/** Repeats a read-change-write that lost a race for its object, as client-go's retry.RetryOnConflict. */
import { setTimeout as sleep } from 'node:timers/promises';
import { hasReason } from '../objects/transport.ts';

/**
 * Runs `action` again, up to `attempts` times in all, while it fails with 409 Conflict. The action must read the
 * object afresh each time. Waits `waitMs` between attempts; the last conflict is thrown.
 */
export async function retryOnConflict<R>(action: () => Promise<R>, attempts = 5, waitMs = 10): Promise<R> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await action();
    } catch (error) {
      if (attempt >= attempts || !hasReason(error, 'Conflict')) throw error;
      await sleep(waitMs);
    }
  }
}
