import fc from 'fast-check';
import { expect, it } from 'vitest';
import { findCulprits } from '../../src/ingress/find-culprits.ts';

/** Refuses a list that holds a bad item, naming the first. */
const checker =
  (bad: ReadonlySet<number>, onTry: () => void = () => undefined) =>
  async (items: readonly number[]) => {
    onTry();
    const culprit = items.find((item) => bad.has(item));
    if (culprit !== undefined) throw new Error(`${culprit} is bad`);
  };
const upTo = (count: number) => Array.from({ length: count }, (_, index) => index);

it('refuses exactly the bad ones, each with its reason', async () => {
  const numbers = fc.uniqueArray(fc.integer({ min: 0, max: 39 }));
  await fc.assert(
    fc.asyncProperty(fc.integer({ min: 0, max: 40 }), numbers, async (count, bad) => {
      const present = bad.filter((item) => item < count).sort((a, b) => a - b);
      const { accepted, refused } = await findCulprits(upTo(count), checker(new Set(bad)));
      expect(accepted).toEqual(upTo(count).filter((item) => !present.includes(item)));
      expect(refused).toEqual(present.map((item) => ({ item, why: `${item} is bad` })));
    }),
  );
});

it('finds one among a thousand in some twenty tries', async () => {
  let tries = 0;
  const onTry = () => {
    tries += 1;
  };
  await findCulprits(upTo(1000), checker(new Set([617]), onTry));
  expect(tries).toBeLessThan(25);
});
