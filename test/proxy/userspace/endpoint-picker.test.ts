import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { EndpointPicker } from '../../../src/proxy/userspace/endpoint-picker.ts';

const endpoints = (...names: number[]) => names.map((name) => ({ ip: `10.244.1.${name}`, port: 80 }));
const nameOf = (endpoint: { ip: string } | undefined) => Number(endpoint?.ip.split('.')[3]);

function picker(names: number[], affinitySeconds?: number) {
  let now = 0;
  const made = new EndpointPicker({ now: () => now });
  made.update({ endpoints: endpoints(...names), ...(affinitySeconds === undefined ? {} : { affinitySeconds }) });
  return {
    made,
    pick: (client = 'a', isRetry = false) => nameOf(made.pick(client, isRetry)),
    pass: (seconds: number) => {
      now += seconds * 1000;
    },
  };
}

describe('round robin', () => {
  it('gives n connections in a row to n endpoints, in a shuffled order that then repeats', () => {
    fc.assert(
      fc.property(fc.uniqueArray(fc.integer({ min: 1, max: 250 }), { minLength: 1, maxLength: 12 }), (names) => {
        const { pick } = picker(names);
        const round = names.map(() => pick());
        expect([...round].sort()).toEqual([...names].sort());
        expect(names.map(() => pick())).toEqual(round);
      }),
    );
  });

  it('begins with any endpoint: 600 pickers, each first within 200 ± 70', () => {
    const counts = [0, 0, 0];
    for (let round = 0; round < 600; round += 1) counts[picker([0, 1, 2]).pick()]! += 1;
    // Binomial with n = 600, p = 1/3: σ = 11.5, so 6σ for each of three.
    for (const count of counts) expect(Math.abs(count - 200)).toBeLessThanOrEqual(70);
  });

  it('has nobody without endpoints', () => {
    expect(picker([]).made.pick('a')).toBeUndefined();
  });

  it('goes on where it was when the same endpoints come in another order', () => {
    const { made, pick } = picker([1, 2, 3]);
    const first = pick();
    made.update({ endpoints: endpoints(3, 2, 1) });
    expect([first, pick(), pick()].sort()).toEqual([1, 2, 3]);
  });

  it('offers only the new endpoints after a change', () => {
    const { made, pick } = picker([1, 2, 3]);
    made.update({ endpoints: endpoints(4, 5) });
    expect([pick(), pick()].sort()).toEqual([4, 5]);
    expect(made.has(endpoints(1)[0]!)).toBe(false);
  });
});

describe('session affinity', () => {
  it('sends a client where it was, each by itself', () => {
    const { pick } = picker([1, 2, 3], 60);
    const of = { a: pick('a'), b: pick('b'), c: pick('c') };
    expect(new Set(Object.values(of)).size).toBe(3);
    for (const client of ['c', 'a', 'b', 'a'] as const) expect(pick(client)).toBe(of[client]);
  });

  it('lasts as long as the client comes back in time, and no longer', () => {
    const { pick, pass } = picker([1, 2], 60);
    const first = pick();
    for (let visit = 0; visit < 5; visit += 1) {
      pass(59);
      expect(pick()).toBe(first);
    }
    pass(60);
    expect(pick()).not.toBe(first);
  });

  it('moves a client whose endpoint does not answer, for good', () => {
    const { pick } = picker([1, 2], 60);
    const first = pick();
    const second = pick('a', true);
    expect(second).not.toBe(first);
    expect(pick()).toBe(second);
  });

  it('forgets the clients of an endpoint that is gone, and keeps the others', () => {
    const { made, pick } = picker([1, 2, 3], 60);
    const clients = ['a', 'b', 'c'];
    const before = new Map(clients.map((client) => [client, pick(client)]));
    made.update({ endpoints: endpoints(1, 2), affinitySeconds: 60 });
    for (const client of clients) {
      if (before.get(client) === 3) expect([1, 2]).toContain(pick(client));
      else expect(pick(client)).toBe(before.get(client));
    }
  });

  it('ends when the Service has it no more', () => {
    const { made, pick } = picker([1, 2], 60);
    const first = pick();
    made.update({ endpoints: endpoints(1, 2) });
    expect([pick(), pick()].sort()).toEqual([1, 2]);
    expect([1, 2]).toContain(first);
  });
});
