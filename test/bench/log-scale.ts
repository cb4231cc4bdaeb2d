/** A logarithmic scale with round ends and ticks. Pure. */

export interface LogScale {
  /** The pixel of a value. */
  at(value: number): number;
  readonly ticks: readonly number[];
}

/** Values → pixels from `start` to `end`, each decade as long; from a round number to a round number. */
export function logScale(values: readonly number[], start: number, end: number): LogScale {
  const [least, most] = [Math.min(...values), Math.max(...values)];
  const first = Math.floor(Math.log10(least));
  const decades = Math.ceil(Math.log10(most)) - first + 1;
  const steps = decades > 4 ? [1] : decades > 3 ? [1, 3] : [1, 2, 5];
  const round = Array.from({ length: decades + 1 }, (_, index) =>
    steps.map((step) => step * 10 ** (first + index)),
  ).flat();
  const low = round.findLast((value) => value <= least) ?? least;
  const high = round.find((value) => value >= most && value > low) ?? most;
  const at = (value: number) => start + (Math.log(value / low) / Math.log(high / low)) * (end - start);
  return {
    at,
    ticks: round.filter((value) => value >= low && value <= high).map((value) => Number(value.toPrecision(1))),
  };
}
