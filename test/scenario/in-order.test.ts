import { setImmediate as turn } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { inOrder } from '../../src/scenario/in-order.ts';

/** A stream of `count` items that tells `log` when it starts and ends. */
function stream(name: string, count: number, log: string[], signal?: AbortSignal) {
  return async function* () {
    log.push(`start ${name}`);
    for (let index = 0; index < count && signal?.aborted !== true; index += 1) {
      await turn();
      yield `${name}${index}`;
    }
    log.push(`end ${name}`);
    return name;
  };
}

async function read<T, R>(stream: AsyncGenerator<T, R>): Promise<{ items: T[]; result: R }> {
  const items: T[] = [];
  for (;;) {
    const next = await stream.next();
    if (next.done === true) return { items, result: next.value };
    items.push(next.value);
  }
}

const giveUp = (): void => undefined;

describe('inOrder', () => {
  it('gives each stream’s items together, in the order of the streams, whatever runs first', async () => {
    for (const jobs of [1, 2, 3, 9]) {
      const log: string[] = [];
      const streams = [stream('a', 5, log), stream('b', 1, log), stream('c', 0, log), stream('d', 2, log)];
      const { items, result } = await read(inOrder(streams, { jobs, giveUp }));
      expect(items).toEqual(['a0', 'a1', 'a2', 'a3', 'a4', 'b0', 'd0', 'd1']);
      expect(result).toEqual(['a', 'b', 'c', 'd']);
    }
  });

  it('runs as many at a time as it may', async () => {
    for (const [jobs, started] of [
      [1, ['start a']],
      [2, ['start a', 'start b']],
    ] as const) {
      const log: string[] = [];
      const reading = inOrder([stream('a', 9, log), stream('b', 9, log), stream('c', 9, log)], { jobs, giveUp });
      await reading.next();
      expect(log).toEqual(started);
      await read(reading);
    }
  });

  it('ends the others when one throws, and throws what it threw', async () => {
    const log: string[] = [];
    const stop = new AbortController();
    const broken = async function* (): AsyncGenerator<string, string> {
      await turn();
      yield 'x0';
      throw new Error('no lab');
    };
    const streams = [stream('a', 1e6, log, stop.signal), broken, stream('never', 1, log)];
    await expect(read(inOrder(streams, { jobs: 2, giveUp: () => stop.abort() }))).rejects.toThrow('no lab');
    expect(log).toEqual(['start a', 'end a']);
  });

  it('ends all when its reader goes away', async () => {
    const log: string[] = [];
    const stop = new AbortController();
    const streams = [stream('a', 1e6, log, stop.signal), stream('b', 1e6, log, stop.signal)];
    for await (const _ of inOrder(streams, { jobs: 2, giveUp: () => stop.abort() })) break;
    expect(log.sort()).toEqual(['end a', 'end b', 'start a', 'start b']);
  });

  it('has nothing to give when there are no streams', async () => {
    expect(await read(inOrder([], { jobs: 2, giveUp }))).toEqual({ items: [], result: [] });
  });
});
