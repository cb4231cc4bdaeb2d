import { describe, expect, it } from 'vitest';
import { RateLimit } from '../../src/client/rate-limit.ts';

describe('RateLimit', () => {
  it('lets a burst through, then so many a second', () => {
    let now = 0;
    const limit = new RateLimit({ perSecond: 125, burst: 3 }, () => now);
    expect([limit.take(), limit.take(), limit.take()]).toEqual([0, 0, 0]);
    expect(limit.take()).toBe(8);
    now = 4;
    expect(limit.take()).toBe(4);
    now = 8;
    expect([limit.take(), limit.take()]).toEqual([0, 8]);
  });

  it('saves up no more than a burst', () => {
    let now = 0;
    const limit = new RateLimit({ perSecond: 1000, burst: 2 }, () => now);
    now = 60_000;
    expect([limit.take(), limit.take(), limit.take()]).toEqual([0, 0, 1]);
  });
});
