/**
 * Plays steps in order, each step of any verb: what is common to scenarios and exercises. A stream of events that its reader
 * pulls: what is not pulled does not run.
 */
import type { Localized } from './definition/matchers.ts';
import type { Playable } from './definition/scenario.ts';
import type { AnyStep, StepOf } from './definition/steps.ts';
import type { ExercisePart, InBoth, Question, ScenarioEvent, StepOutcome, StepRef } from './events.ts';
import { collectEvidence } from './evidence/collect-evidence.ts';
import { unlessAborted } from './in-time.ts';
import type { ProxyMode } from './lab-lease.ts';
import { inBoth } from './localize.ts';
import { unmetRequirement } from './requirement.ts';
import type { RuleRecorder } from './rules/rule-recorder.ts';
import type { StepContext } from './step-context.ts';
import { keepRequesting } from './steps/load-step.ts';
import { type ClaimingVerb, judgeOf, type PerformedVerb, performerOf } from './steps/performers.ts';
import { deadlineOf, fillStep, type Tried, tryStep } from './try-step.ts';

/** Of a cleanup: twice the grace of a pod that does not want to end. */
const CLEANUP_MS = 60_000;

/** For steps that are played also when the others were given up: with a time of their own. */
export function toTheEnd(context: StepContext): StepContext {
  return { ...context, signal: AbortSignal.timeout(CLEANUP_MS * context.patience) };
}

/** A step that held. `judgeOf(verb).judge(step, observed)` gives its checks again. */
export interface HeldStep {
  readonly scenario: Playable;
  readonly id: string;
  readonly verb: ClaimingVerb;
  readonly step: AnyStep['step'];
  readonly observed: unknown;
}

/** One playing of a scenario or exercise. */
export interface Run {
  readonly playable: Playable;
  /** Of an exercise: what its steps are for. */
  part?: ExercisePart;
  /** The backend of every node: changed by the step `proxyMode`. */
  proxyMode: ProxyMode;
  readonly context: StepContext;
  readonly bound: Record<string, unknown>;
  readonly tally: { steps: number; checks: number };
  /** How long steps have taken, in milliseconds; what its reader takes to read does not count. */
  readonly spent: { ms: number };
  readonly onHeld: ((held: HeldStep) => void) | undefined;
  readonly rules: RuleRecorder | undefined;
}

/** Plays steps in order and stops at the first that does not hold. Returns whether all held. */
export async function* playSteps(
  steps: readonly AnyStep[],
  prefix: string,
  run: Run,
): AsyncGenerator<ScenarioEvent, boolean> {
  let count = 0;
  for (const step of steps) {
    if (step.step.proxyModes?.includes(run.proxyMode) === false) continue;
    const { requires } = step.step;
    if (requires !== undefined && (await unmetRequirement(requires, run.context.lab)) !== undefined) continue;
    count += 1;
    const held = yield* playStep(step, `${prefix}${count}`, run);
    if (!held) return false;
  }
  return true;
}

/** How events name a step. */
export function refOf(id: string, verb: string, { part }: Pick<Run, 'part'>): StepRef {
  return { id, verb, ...(part === undefined ? {} : { part }) };
}

async function* playStep(any: AnyStep, id: string, run: Run): AsyncGenerator<ScenarioEvent, boolean> {
  const started = Date.now();
  const { context, tally } = run;
  if (context.signal.aborted) return false;
  const step: StepRef = { ...refOf(id, any.verb, run), ...(await narration(any, run)) };
  tally.steps += 1;
  yield { type: 'stepStarted', step };
  if (any.verb === 'ask') {
    const question = questionOf(any.step);
    yield { type: 'question', step, question };
    yield { type: 'answer', step, question };
  }
  if (any.verb === 'narrate' || any.verb === 'ask') {
    yield { type: 'stepEnded', step, outcome: 'held', ms: Date.now() - started, evidence: [] };
    return true;
  }
  const tried = yield* playVerb(any, step, run);
  if (tried.held && tried.seen !== undefined && any.verb !== 'try')
    run.onHeld?.({ scenario: run.playable, id, verb: any.verb, ...tried.seen });
  tally.checks += tried.checks.length;
  const { output = '', hops } = tried;
  if (output !== '') yield { type: 'output', step, text: output, ...(hops === undefined ? {} : { hops }) };
  for (const check of tried.checks) yield { type: 'expectation', step, check };
  const outcome: StepOutcome = tried.held ? 'held' : context.signal.aborted ? 'interrupted' : 'failed';
  // What is collected now is no part of the step's time.
  const ended = { type: 'stepEnded', step, outcome, ms: Date.now() - started } as const;
  const evidence = outcome === 'failed' ? await collectEvidence(context) : [];
  const rules = outcome === 'interrupted' ? undefined : await run.rules?.since(any.verb);
  yield {
    ...{ ...ended, evidence },
    ...(tried.problem === undefined || outcome === 'interrupted' ? {} : { problem: tried.problem }),
    ...(rules === undefined ? {} : { rules }),
  };
  return tried.held;
}

function playVerb(
  any: Exclude<AnyStep, { readonly verb: 'narrate' | 'ask' }>,
  ref: StepRef,
  run: Run,
): AsyncGenerator<ScenarioEvent, Tried> {
  if (any.verb === 'load') return playLoad(any.step, ref, run);
  if (any.verb === 'try') return playTry(any.step, ref, run);
  return perform(any.verb, any.step, ref, run);
}

/** Announces the command while the first try runs, so that a reader sees what is going on. */
async function* perform(
  verb: PerformedVerb,
  step: AnyStep['step'],
  ref: StepRef,
  run: Run,
): AsyncGenerator<ScenarioEvent, Tried> {
  const { patience } = run.context;
  const leftMs = run.playable.deadlineMs * patience - run.spent.ms;
  if (leftMs <= 0) return { checks: [], held: false, problem: 'the time of the whole scenario is up (spec.deadline)' };
  const started = Date.now();
  const announced = Promise.withResolvers<ScenarioEvent | undefined>();
  const trying = tryStep(performerOf(verb), step, run.context, {
    bound: run.bound,
    deadline: deadlineOf(step, { defaultMs: run.playable.timeoutMs, leftMs, patience }),
    announce: (line) => announced.resolve({ type: 'command', step: ref, ...line }),
  }).finally(() => {
    run.spent.ms += Date.now() - started;
    announced.resolve(undefined);
  });
  const command = await announced.promise;
  if (command !== undefined) yield command;
  const tried = await trying;
  if (verb === 'proxyMode' && tried.held) {
    const { proxyMode, expect } = step as StepOf<'proxyMode'>;
    if (proxyMode.node === undefined) run.proxyMode = expect?.mode ?? proxyMode.mode;
  }
  return tried;
}

/** Plays the steps within; the last of them also when the scenario was given up. */
async function* playTry(step: StepOf<'try'>, ref: StepRef, run: Run): AsyncGenerator<ScenarioEvent, Tried> {
  const held = yield* playSteps(step.try, `${ref.id}.`, run);
  if (!held) yield* playSteps(step.catch, `${ref.id}.catch.`, run);
  const last: Run = { ...run, context: toTheEnd(run.context), spent: { ms: 0 } };
  const ended = yield* playSteps(step.finally, `${ref.id}.finally.`, last);
  run.proxyMode = last.proxyMode;
  return { checks: [], held: held && ended, ...(held && ended ? {} : { problem: 'a step within failed' }) };
}

/** Plays the steps within while requests go on. */
async function* playLoad(step: StepOf<'load'>, ref: StepRef, run: Run): AsyncGenerator<ScenarioEvent, Tried> {
  const stop = new AbortController();
  try {
    // The steps within have their bindings filled in when they are played.
    const filled = await fillStep({ ...step, load: { ...step.load, while: [] } }, run.context, run.bound);
    const { from, url } = filled.load;
    yield { type: 'command', step: ref, where: from, text: `while true; do curl ${url}; done` };
    const requesting = keepRequesting({ from, url }, run.context, stop.signal);
    const failed = requesting.then(
      () => undefined,
      (error: Error) => error,
    );
    const held = yield* playSteps(step.load.while, `${ref.id}.`, run);
    stop.abort();
    // The requests on their way may take their time; who interrupts does not wait for them.
    const error = await unlessAborted(failed, run.context.signal);
    if (error !== undefined) throw error;
    const observed = await requesting;
    const { checks } = judgeOf('load').judge(filled, observed);
    return {
      checks,
      held: held && checks.every((check) => check.held),
      seen: { step: filled, observed },
      ...(held ? {} : { problem: 'a step within failed' }),
    };
  } catch (error) {
    return { checks: [], held: false, problem: (error as Error).message };
  } finally {
    stop.abort();
  }
}

function questionOf({ ask }: StepOf<'ask'>): Question {
  return {
    text: inBoth(ask.question),
    choices: ask.choices.map(inBoth),
    answer: ask.answer,
    ...(ask.explain === undefined ? {} : { explain: inBoth(ask.explain) }),
  };
}

async function narration({ step }: AnyStep, run: Run): Promise<Pick<StepRef, 'narration'>> {
  return step.narrate === undefined ? {} : { narration: await spoken(step.narrate, run) };
}

/** A text with its bindings filled in; one that cannot be filled yet stays as written. */
export async function spoken(text: Localized, run: Run): Promise<InBoth> {
  const texts = inBoth(text);
  if (!texts.en.includes('{{')) return texts;
  try {
    return await fillStep(texts, run.context, run.bound);
  } catch {
    // The step itself fails on the same binding and says why.
    return texts;
  }
}
