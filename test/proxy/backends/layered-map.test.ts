import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { LayeredMap } from '../../../src/proxy/backends/layered-map.ts';

const KEYS = Array.from({ length: 700 }, (_, index) => index);

describe('a map in layers', () => {
  it('says what a plain one says, after any changes, and never changes itself', () => {
    const change = fc.tuple(fc.nat({ max: KEYS.length - 1 }), fc.option(fc.string(), { nil: undefined }));
    fc.assert(
      fc.property(fc.array(fc.array(change, { maxLength: 400 }), { maxLength: 5 }), (rounds) => {
        const plain = new Map<number, string>();
        const seen: [LayeredMap<number, string>, Map<number, string>][] = [];
        let layered = new LayeredMap<number, string>();
        for (const changes of rounds) {
          layered = layered.with(new Map(changes));
          for (const [key, value] of changes) {
            if (value === undefined) plain.delete(key);
            else plain.set(key, value);
          }
          seen.push([layered, new Map(plain)]);
        }
        for (const [map, expected] of seen)
          expect(KEYS.map((key) => map.get(key))).toEqual(KEYS.map((key) => expected.get(key)));
      }),
      { numRuns: 50 },
    );
  });
});
