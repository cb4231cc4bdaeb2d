import { describe, expect, it, vi } from 'vitest';
import { WorkQueue, type WorkQueueOptions } from '../../src/client/work-queue.ts';

function queueOf(process: (key: string) => Promise<void>, options: Partial<WorkQueueOptions> = {}): WorkQueue {
  return new WorkQueue({ process, onError: () => undefined, retryFirstMs: 1, ...options });
}

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

describe('a work queue', () => {
  it('processes each key once, in order, and only after its start', async () => {
    const done: string[] = [];
    const queue = queueOf(async (key) => void done.push(key));
    for (const key of ['a', 'b', 'a', 'c', 'b']) queue.add(key);
    await turn();
    expect(done).toEqual([]);
    queue.start();
    await queue.idle();
    expect(done).toEqual(['a', 'b', 'c']);
    await queue.stop();
  });

  it('does not take a time that is longer than a timer waits for none', async () => {
    const done: string[] = [];
    const queue = queueOf(async (key) => void done.push(key));
    queue.start();
    queue.addAfter('late', 2 ** 32);
    queue.addAfter('soon', 5);
    await vi.waitFor(() => expect(done).toContain('soon'));
    expect(done).toEqual(['soon']);
    await queue.stop();
  });

  it('processes a key again that was added while it ran, never twice at once', async () => {
    let running = 0;
    let runs = 0;
    const queue = queueOf(
      async (key) => {
        running += 1;
        runs += 1;
        expect(running).toBe(1);
        if (runs === 1) for (let i = 0; i < 3; i += 1) queue.add(key);
        await turn();
        running -= 1;
      },
      { concurrency: 4 },
    );
    queue.start();
    queue.add('a');
    await queue.idle();
    expect(runs).toBe(2);
    await queue.stop();
  });

  it.each([1, 3])('runs %i keys at once', async (concurrency) => {
    let running = 0;
    let most = 0;
    const queue = queueOf(
      async () => {
        running += 1;
        most = Math.max(most, running);
        await turn();
        running -= 1;
      },
      { concurrency },
    );
    queue.start();
    for (const key of 'abcdefgh') queue.add(key);
    await queue.idle();
    expect(most).toBe(concurrency);
    await queue.stop();
  });

  it('brings a failed key back, counts its attempts, and is not idle until it has succeeded', async () => {
    const attempts: number[] = [];
    let runs = 0;
    const queue = queueOf(
      async () => {
        runs += 1;
        if (runs < 4) throw new Error('conflict');
      },
      { onError: (_, key, attempt) => attempts.push(key === 'a' ? attempt : -1) },
    );
    queue.start();
    queue.add('a');
    await queue.idle();
    expect(runs).toBe(4);
    expect(attempts).toEqual([1, 2, 3]);
    await queue.stop();
  });

  it('does not let a failing key hold up others', async () => {
    const done: string[] = [];
    const queue = queueOf(
      async (key) => {
        if (key === 'bad') throw new Error('no');
        done.push(key);
      },
      { retryFirstMs: 60_000, retryMostMs: 60_000 },
    );
    queue.start();
    for (const key of ['bad', 'a', 'b']) queue.add(key);
    await vi.waitFor(() => expect(done).toEqual(['a', 'b']));
    await queue.stop();
  });

  it('delays; the shortest delay counts, and an add comes before any', async () => {
    const done: string[] = [];
    const queue = queueOf(async (key) => void done.push(key));
    queue.start();
    queue.addAfter('a', 60_000);
    queue.addAfter('a', 1);
    queue.addAfter('a', 60_000);
    await vi.waitFor(() => expect(done).toEqual(['a']));
    queue.addAfter('b', 60_000);
    await queue.idle();
    queue.add('b');
    await queue.idle();
    expect(done).toEqual(['a', 'b']);
    await queue.stop();
  });

  it('stops during a back-off, and waits for what runs', async () => {
    let runs = 0;
    const failing = queueOf(
      async () => {
        runs += 1;
        throw new Error('no');
      },
      { retryFirstMs: 60_000, retryMostMs: 60_000 },
    );
    failing.start();
    failing.add('a');
    await vi.waitFor(() => expect(runs).toBe(1));
    const idle = failing.idle();
    await failing.stop();
    await idle;

    let release: (() => void) | undefined;
    let ended = false;
    const slow = queueOf(async () => {
      await new Promise<void>((resolve) => {
        release = resolve;
      });
      ended = true;
    });
    slow.start();
    slow.add('a');
    slow.add('b');
    await vi.waitFor(() => expect(release).toBeDefined());
    const stopped = slow.stop();
    release?.();
    await stopped;
    expect(ended).toBe(true);
    slow.add('c');
    expect(slow.size).toBe(0);
  });
});
