/**
 * An exercise without a learner, as CI plays it: the fault is set, and the claims must not hold; the written solution is
 * played, and they must. What holds before the solution is a failure of the exercise.
 */
import type { Exercise } from '../definition/exercise.ts';
import type { Localized } from '../definition/matchers.ts';
import type { Check, ScenarioEvent, StepOutcome } from '../events.ts';
import { collectEvidence } from '../evidence/collect-evidence.ts';
import { playSteps, type Run, refOf } from '../play-steps.ts';
import { gradeClaims, type Look } from './grade.ts';

/** Returns whether all was as it should. */
export async function* rehearse(exercise: Exercise, run: Run): AsyncGenerator<ScenarioEvent, boolean> {
  const { setup, task, check, solution } = exercise;
  run.part = 'setup';
  if (!(yield* playSteps(setup, 'setup.', run))) return false;
  run.part = 'before';
  yield* say(task, 'task.', run);
  const standing = await gradeClaims(
    check.filter(({ already }) => already),
    run,
    exercise.timeoutMs,
  );
  const faulty = await gradeClaims(
    check.filter(({ already }) => !already),
    run,
    0,
  );
  if (!(yield* tellAll(inOrderOf(exercise, [...standing, ...faulty]), 'before.', run))) return false;
  run.part = 'solution';
  if (!(yield* playSteps(solution.steps, 'solution.', run))) return false;
  run.part = 'after';
  if (!(yield* tellAll(await gradeClaims(check, run, exercise.timeoutMs), 'after.', run))) return false;
  yield* say(solution.explain, 'explanation.', run);
  return true;
}

function inOrderOf({ check }: Exercise, looks: readonly Look[]): Look[] {
  return looks.toSorted((a, b) => check.indexOf(a.of) - check.indexOf(b.of));
}

function say(text: Localized, prefix: string, run: Run): AsyncGenerator<ScenarioEvent, boolean> {
  return playSteps([{ verb: 'narrate', step: { narrate: text } }], prefix, run);
}

/** Each claim as a step of its own. Returns whether all are as they should be in this part. */
async function* tellAll(looks: readonly Look[], prefix: string, run: Run): AsyncGenerator<ScenarioEvent, boolean> {
  let held = true;
  for (const [index, look] of looks.entries()) {
    held = (yield* tell(look, `${prefix}${index + 1}`, run)) && held;
    if (run.context.signal.aborted) return false;
  }
  return held;
}

async function* tell(look: Look, id: string, run: Run): AsyncGenerator<ScenarioEvent, boolean> {
  const { context, part } = run;
  const { claim, command, output, seen } = look;
  const { verb } = look.of.step;
  const isDue = part === 'after' || look.of.already;
  const said = isDue ? claim : { en: `Not yet: ${claim.en}`, zh: `尚未成立：${claim.zh}` };
  const step = { ...refOf(id, verb, run), narration: said };
  yield { type: 'stepStarted', step };
  if (command !== undefined) yield { type: 'command', step, ...command };
  if (output !== undefined && output !== '') yield { type: 'output', step, text: output };
  const checks = isDue ? look.checks : checksBefore(look);
  const held = look.problem === undefined && checks.every((check) => check.held);
  run.tally.steps += 1;
  run.tally.checks += checks.length;
  if (isDue && held && seen !== undefined) run.onHeld?.({ scenario: run.playable, id, verb, ...seen });
  for (const check of checks) yield { type: 'expectation', step, check };
  const outcome: StepOutcome = held ? 'held' : context.signal.aborted ? 'interrupted' : 'failed';
  const evidence = outcome === 'failed' ? await collectEvidence(context) : [];
  const problem = look.problem === undefined ? {} : { problem: `the claim cannot be judged: ${look.problem}` };
  yield { type: 'stepEnded', step, outcome, ms: look.ms, evidence, ...problem };
  return held;
}

/** What must be seen of a claim while the fault is there: that it does not hold, and for a reason that was seen. */
function checksBefore({ held, checks, problem }: Look): Check[] {
  if (held) return [{ expected: 'this does not hold before the repair', observed: 'it holds', held: false }];
  if (problem !== undefined) return [];
  return checks
    .filter((check) => !check.held)
    .map(({ expected, observed }) => ({ expected: `not yet ${expected} (${observed})`, observed, held: true }));
}
