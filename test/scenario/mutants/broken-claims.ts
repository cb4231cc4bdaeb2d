/** Breaks every claim of the steps that a run has recorded, one at a time, and judges each again. */
import type { HeldStep } from '../../../src/scenario/play-steps.ts';
import { falseClaims, holds } from './steps.ts';
import { untouched } from './untouched.ts';

/** Gathers while scenarios are played: `playScenario(…, { onHeld: claims.break })`. */
export class BrokenClaims {
  steps = 0;
  mutants = 0;
  /** Claims that hold also when they are false. */
  readonly survivors: string[] = [];
  /** Parts of claims that none of the mutants changes. */
  readonly untouched: string[] = [];

  readonly break = (held: HeldStep): void => {
    // What is recorded is what can be written down.
    const { verb, step, observed } = JSON.parse(JSON.stringify(held)) as HeldStep;
    const where = `${held.scenario.name} ${held.id} ${verb}`;
    if (!holds(verb, step, observed)) this.survivors.push(`${where}: does not hold when it is judged again`);
    const mutants = falseClaims(verb, step, observed);
    for (const { what, claim } of mutants)
      if (holds(claim.verb, claim.step, observed)) this.survivors.push(`${where}: ${what}`);
    this.untouched.push(...untouched(step, mutants).map((path) => `${where}: ${path}`));
    this.steps += 1;
    this.mutants += mutants.length;
  };
}
