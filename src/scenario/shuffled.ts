/** An order that looks random and is the same for the same number, so that a run can be repeated. */

/** The items in an order drawn by `seed` (an unsigned 32-bit integer). */
export function shuffled<T>(items: readonly T[], seed: number): T[] {
  const random = generator(seed);
  const left = [...items];
  const drawn: T[] = [];
  while (left.length > 0) drawn.push(...left.splice(Math.floor(random() * left.length), 1));
  return drawn;
}

/** Numbers from 0 up to 1, by a counter and a 32-bit integer hash (Chris Wellons' lowbias32). */
function generator(seed: number): () => number {
  let counter = seed >>> 0;
  return () => {
    counter = (counter + 0x9e3779b9) >>> 0;
    let hash = counter;
    hash = Math.imul(hash ^ (hash >>> 16), 0x7feb352d);
    hash = Math.imul(hash ^ (hash >>> 15), 0x846ca68b);
    return ((hash ^ (hash >>> 16)) >>> 0) / 2 ** 32;
  };
}
