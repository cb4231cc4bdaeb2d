/**
 * An exercise with a learner: the fault is set out of sight, then the learner says what comes next. Their repair is made
 * elsewhere, in a second terminal; here it is graded, as often as they like.
 */
import { cleanUp, createNamespace } from '../clean-up.ts';
import type { Exercise } from '../definition/exercise.ts';
import type { ScenarioEvent } from '../events.ts';
import { playSteps, type Run, spoken } from '../play-steps.ts';
import { gradeClaims } from './grade.ts';
import { openLearnerFolder } from './learner-folder.ts';

export type LearnerAction = 'check' | 'hint' | 'solution' | 'leave';

export interface Learner {
  /** How podwire is started in a second terminal: a command line. */
  readonly podwire: readonly string[];
  /** Resolves with what the learner wants next. */
  next(): Promise<LearnerAction>;
}

/** What a learner has just repaired may take a moment to come about. */
const PATIENCE_MS = 1_000;

/** Plays until the learner leaves. Returns whether the last grade was that all claims hold. */
export async function* guide(exercise: Exercise, run: Run, learner: Learner): AsyncGenerator<ScenarioEvent, boolean> {
  run.part = 'setup';
  if (!(yield* playSteps(exercise.setup, 'setup.', run))) return false;
  const folder = openLearnerFolder(run.context, { files: exercise.files, podwire: learner.podwire });
  const { hints } = exercise;
  yield { type: 'task', task: await spoken(exercise.task, run), hints: hints.length, environment: folder.environment };
  let given = 0;
  let isSolved = false;
  try {
    for (;;) {
      const action = await learner.next();
      if (action === 'leave' || run.context.signal.aborted) return isSolved;
      if (action === 'hint' && given < hints.length) {
        given += 1;
        yield { type: 'hint', number: given, of: hints.length, text: await spoken(hints[given - 1]!, run) };
      }
      if (action === 'check') isSolved = yield* grade(exercise, run, 'learner', PATIENCE_MS);
      if (action === 'solution') isSolved = yield* solve(exercise, run);
    }
  } finally {
    folder.remove();
  }
}

async function* grade(
  exercise: Exercise,
  run: Run,
  by: 'learner' | 'solution',
  patienceMs: number,
): AsyncGenerator<ScenarioEvent, boolean> {
  run.part = 'after';
  const claims = await gradeClaims(exercise.check, run, patienceMs);
  const solved = claims.every(({ held }) => held);
  yield { type: 'graded', claims, by, solved };
  if (solved) yield { type: 'explained', text: await spoken(exercise.solution.explain, run) };
  return solved;
}

/** The written solution, from the fault as it was set: what the learner has changed must not stand in its way. */
async function* solve(exercise: Exercise, run: Run): AsyncGenerator<ScenarioEvent, boolean> {
  if (!(yield* setAnew(exercise, run))) return false;
  run.part = 'solution';
  run.spent.ms = 0;
  if (!(yield* playSteps(exercise.solution.steps, 'solution.', run))) return false;
  return yield* grade(exercise, run, 'solution', exercise.timeoutMs);
}

async function* setAnew({ setup, cleanup }: Exercise, run: Run): AsyncGenerator<ScenarioEvent, boolean> {
  const { context } = run;
  run.part = 'setup';
  run.spent.ms = 0;
  yield* playSteps(cleanup, 'c', run);
  const problem = await cleanUp(context);
  if (problem !== undefined) {
    yield { type: 'cleanupFailed', problem };
    return false;
  }
  context.outside.length = 0;
  context.undo.length = 0;
  await createNamespace(context.lab, context.namespace);
  return yield* playSteps(setup, 'setup.', run);
}
