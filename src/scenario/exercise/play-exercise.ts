/** Plays one exercise in a lab: with a learner, or without one, which proves that the written solution turns the grade. */
import type { Exercise } from '../definition/exercise.ts';
import type { ScenarioEvent, ScenarioOutcome } from '../events.ts';
import { type PlayOptions, playInLab } from '../play-in-lab.ts';
import { guide, type Learner } from './guide.ts';
import { rehearse } from './rehearse.ts';

/** Plays the exercise; its last event is `scenarioEnded`. */
export function playExercise(
  exercise: Exercise,
  options: PlayOptions & { readonly learner?: Learner },
): AsyncGenerator<ScenarioEvent, ScenarioOutcome> {
  const { learner } = options;
  return playInLab(exercise, options, (run) =>
    learner === undefined ? rehearse(exercise, run) : guide(exercise, run, learner),
  );
}
