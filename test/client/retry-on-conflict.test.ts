import { describe, expect, it } from 'vitest';
import { retryOnConflict } from '../../src/client/retry-on-conflict.ts';
import { apiError } from '../support/memory-transport.ts';

function failing(times: number, error: Error): { calls: number; run: () => Promise<string> } {
  const state = {
    calls: 0,
    run: async () => {
      state.calls += 1;
      if (state.calls <= times) throw error;
      return 'done';
    },
  };
  return state;
}

describe('retryOnConflict', () => {
  it('repeats until the race is won', async () => {
    const action = failing(3, apiError(409, 'Conflict'));
    expect(await retryOnConflict(action.run, 5, 1)).toBe('done');
    expect(action.calls).toBe(4);
  });

  it('gives up after the last attempt', async () => {
    const action = failing(9, apiError(409, 'Conflict'));
    await expect(retryOnConflict(action.run, 3, 1)).rejects.toMatchObject({ reason: 'Conflict' });
    expect(action.calls).toBe(3);
  });

  it.each([apiError(404, 'NotFound'), apiError(409, 'AlreadyExists'), new Error('socket hang up')])(
    'does not repeat %s',
    async (error) => {
      const action = failing(1, error);
      await expect(retryOnConflict(action.run, 5, 1)).rejects.toBe(error);
      expect(action.calls).toBe(1);
    },
  );
});
