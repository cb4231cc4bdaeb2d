/** All steps of a scenario, those within others too, each with its place in the file. */
import type { AnyStep, StepOf } from './steps.ts';

export type Path = readonly (string | number)[];

/** A list of steps. Lists that are played one after the other know the names that those before have bound. */
export interface Section {
  readonly steps: readonly AnyStep[];
  readonly path: Path;
}

export interface PlacedStep {
  readonly path: Path;
  readonly verb: AnyStep['verb'];
  /** The step without the steps within. */
  readonly own: Partial<Pick<StepOf<'exec'>, 'as' | 'proxyModes'>>;
}

/** In the order in which they are played; those of `catch` and `finally` behind those they belong to. */
export function placedSteps({ steps, path }: Section): PlacedStep[] {
  return steps.flatMap(({ verb, step }, index): PlacedStep[] => {
    const at = [...path, index];
    if (verb === 'try') {
      const { try: tried, catch: caught, finally: last, ...own } = step;
      const within = Object.entries({ try: tried, catch: caught, finally: last });
      return [
        { path: at, verb, own },
        ...within.flatMap(([key, nested]) => placedSteps({ steps: nested, path: [...at, key] })),
      ];
    }
    if (verb !== 'load') return [{ path: at, verb, own: step }];
    const { while: nested, ...load } = step.load;
    const own = { ...step, load };
    return [{ path: at, verb, own }, ...placedSteps({ steps: nested, path: [...at, 'load', 'while'] })];
  });
}
