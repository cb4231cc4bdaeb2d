import { describe, expect, it, vi } from 'vitest';
import { CoalescingRunner } from '../../src/client/coalescing-runner.ts';

/** A sync whose runs the test lets through one by one. */
class Gate {
  runs = 0;
  active = 0;
  mostActive = 0;
  readonly #held: { resolve: () => void; reject: (error: Error) => void }[] = [];

  readonly sync = async (): Promise<void> => {
    this.runs += 1;
    this.active += 1;
    this.mostActive = Math.max(this.mostActive, this.active);
    try {
      await new Promise<void>((resolve, reject) => this.#held.push({ resolve, reject }));
    } finally {
      this.active -= 1;
    }
  };

  async pass(error?: Error): Promise<void> {
    await vi.waitFor(() => expect(this.#held.length).toBeGreaterThan(0));
    const { resolve, reject } = this.#held.shift()!;
    if (error === undefined) resolve();
    else reject(error);
  }
}

const ignore = (): void => undefined;

describe('a coalescing runner', () => {
  it('merges requests of one burst, and those that come while it runs', async () => {
    const gate = new Gate();
    const runner = new CoalescingRunner(gate.sync, ignore);
    runner.request();
    runner.request();
    await vi.waitFor(() => expect(gate.active).toBe(1));
    expect(runner.request()).toBe(3);
    const last = runner.request();
    await gate.pass();
    await runner.settled(2);
    expect(runner.generation).toEqual({ requested: 4, done: 2 });
    await gate.pass();
    await runner.settled(last);
    expect(gate).toMatchObject({ runs: 2, mostActive: 1 });
    await runner.stop();
  });

  it('does not take a change for done that came while the sync ran', async () => {
    const gate = new Gate();
    const runner = new CoalescingRunner(gate.sync, ignore);
    runner.request();
    await vi.waitFor(() => expect(gate.active).toBe(1));
    const late = runner.request();
    let settled = false;
    const waiting = runner.settled(late).then(() => {
      settled = true;
    });
    await gate.pass();
    await vi.waitFor(() => expect(gate.runs).toBe(2));
    expect(settled).toBe(false);
    await gate.pass();
    await waiting;
    await runner.stop();
  });

  it('retries after a failure, reports it, and settles then', async () => {
    const errors: unknown[] = [];
    let runs = 0;
    const runner = new CoalescingRunner(
      async () => {
        runs += 1;
        if (runs === 1) throw new Error('kernel says no');
      },
      (error) => errors.push(error),
    );
    runner.request();
    await runner.settled();
    expect({ runs, errors: errors.map(String) }).toEqual({ runs: 2, errors: ['Error: kernel says no'] });
    await runner.stop();
  });

  it('lets a new request cut a long back-off short', async () => {
    let fail = true;
    let runs = 0;
    const runner = new CoalescingRunner(async () => {
      runs += 1;
      if (fail) throw new Error('no');
    }, ignore);
    runner.request();
    await vi.waitFor(() => expect(runs).toBe(4), { timeout: 3_000 });
    fail = false;
    const at = performance.now();
    await runner.settled(runner.request());
    // The fifth run would have come 800 ms after the fourth.
    expect(performance.now() - at).toBeLessThan(500);
    await runner.stop();
  });

  it('survives a reporter that throws', async () => {
    const warned = vi.spyOn(process, 'emitWarning').mockImplementation(ignore);
    let runs = 0;
    const runner = new CoalescingRunner(
      async () => {
        runs += 1;
        if (runs === 1) throw new Error('no');
      },
      () => {
        throw new Error('reporter');
      },
    );
    runner.request();
    await runner.settled();
    expect(warned).toHaveBeenCalledOnce();
    warned.mockRestore();
    await runner.stop();
  });
});

describe('stopping a coalescing runner', () => {
  it('waits for the running sync and starts no other', async () => {
    const gate = new Gate();
    const runner = new CoalescingRunner(gate.sync, ignore);
    runner.request();
    await vi.waitFor(() => expect(gate.active).toBe(1));
    runner.request();
    const stopped = runner.stop();
    await gate.pass();
    await stopped;
    runner.request();
    await new Promise((resolve) => setImmediate(resolve));
    expect(gate).toMatchObject({ runs: 1, active: 0 });
  });

  it('during a back-off ends the retries and lets waiters go, without claiming success', async () => {
    let runs = 0;
    const runner = new CoalescingRunner(async () => {
      runs += 1;
      throw new Error('no');
    }, ignore);
    runner.request();
    const waiting = runner.settled();
    await vi.waitFor(() => expect(runs).toBe(1));
    await runner.stop();
    await waiting;
    await runner.settled();
    expect(runner.generation).toEqual({ requested: 1, done: 0 });
  });

  it('before the first run keeps it from running', async () => {
    const gate = new Gate();
    const runner = new CoalescingRunner(gate.sync, ignore);
    runner.request();
    await runner.stop();
    expect(gate.runs).toBe(0);
    expect(runner.generation.done).toBe(0);
  });
});
