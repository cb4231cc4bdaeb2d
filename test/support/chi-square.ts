/**
 * Pearson's chi-square test: how probable it is that fair dice fall as unevenly as this, or more so. A test that demands more than
 * `ERROR_PROBABILITY` fails that often where nothing is wrong.
 */

/** Of each test of a distribution. */
export const ERROR_PROBABILITY = 1e-9;

/** The probability of counts at least as uneven under equal chances of all categories; every category must be among the counts. */
export function chanceOf(counts: readonly number[]): number {
  const expected = counts.reduce((sum, count) => sum + count, 0) / counts.length;
  const statistic = counts.reduce((sum, count) => sum + (count - expected) ** 2 / expected, 0);
  return survival(statistic, counts.length - 1);
}

/** P(X ≥ x) of the chi-square distribution, by its recurrence over the degrees of freedom (Abramowitz and Stegun 26.4.4, 26.4.5). */
export function survival(x: number, degrees: number): number {
  const isEven = degrees % 2 === 0;
  let sum = isEven ? Math.exp(-x / 2) : complementaryError(Math.sqrt(x / 2));
  let term = isEven ? Math.exp(-x / 2) : Math.sqrt((2 * x) / Math.PI) * Math.exp(-x / 2);
  for (let lower = isEven ? 2 : 1; lower < degrees; lower += 2) {
    if (isEven) term *= x / lower;
    sum += term;
    if (!isEven) term *= x / (lower + 2);
  }
  return sum;
}

/** erfc for x ≥ 0 by its continued fraction where that converges fast, else by its series (the same, 7.1.14 and 7.1.5). */
function complementaryError(x: number): number {
  if (x > 2) {
    let fraction = 0;
    for (let index = 60; index >= 1; index -= 1) fraction = index / 2 / (x + fraction);
    return Math.exp(-x * x) / Math.sqrt(Math.PI) / (x + fraction);
  }
  let [term, sum] = [x, x];
  for (let index = 1; index < 60; index += 1) {
    term *= (-x * x) / index;
    sum += term / (2 * index + 1);
  }
  return 1 - (2 / Math.sqrt(Math.PI)) * sum;
}
