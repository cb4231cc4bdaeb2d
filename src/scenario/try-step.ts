/**
 * Plays one step until it holds: tried again with back-off until its deadline. A step that changes something is tried
 * once. No step waits for a fixed time.
 */
import { LabError } from '../lab/lab-error.ts';
import type { Hop } from '../walk/hops.ts';
import { fill, lookUp, type Values } from './bindings.ts';
import { milliseconds } from './definition/scenario.ts';
import type { AnyStep } from './definition/steps.ts';
import type { Check } from './events.ts';
import { inTime, OutOfTime, pause } from './in-time.ts';
import { type CommandLine, labValues, type Performer, type StepContext, type Verdict } from './step-context.ts';

const FIRST_PAUSE_MS = 50;
const LONGEST_PAUSE_MS = 300;
/** Between two looks at what must go on to hold. */
const STEADY_PAUSE_MS = 100;

export interface Tried {
  readonly output?: string;
  readonly hops?: readonly Hop[];
  readonly checks: readonly Check[];
  readonly held: boolean;
  /** Why there is no result at all. */
  readonly problem?: string;
  /** What was judged, where there is a result. */
  readonly seen?: Seen;
}

/** A step with its bindings filled in, and what was observed. */
export interface Seen {
  readonly step: AnyStep['step'];
  readonly observed: unknown;
}

/** The deadline of a step, in milliseconds since the epoch: its own time, or what is left for all if that is less. */
export function deadlineOf(
  step: AnyStep['step'],
  { defaultMs, leftMs, patience }: { defaultMs: number; leftMs: number; patience: number },
): number {
  const timeout = 'timeout' in step ? step.timeout : undefined;
  return Date.now() + Math.min(leftMs, patience * (timeout === undefined ? defaultMs : milliseconds(timeout)));
}

/** The step with its bindings filled in from the lab as it is now and from what was bound before. */
export async function fillStep<S>(step: S, context: StepContext, bound: Values): Promise<S> {
  return fill(step, { ...labValues(await context.snapshot(), context.namespace), ...bound });
}

export interface TryOptions {
  /** What earlier steps have named; what this one names is added. */
  readonly bound: Record<string, unknown>;
  /** Milliseconds since the epoch. */
  readonly deadline: number;
  /** Told the command once, before it first runs. */
  announce(line: CommandLine): void;
}

/** Tries until it holds or the time is up; then, where it says so, looks whether it goes on to hold. */
export async function tryStep(
  performer: Performer<AnyStep['step']>,
  step: AnyStep['step'],
  context: StepContext,
  options: TryOptions,
): Promise<Tried> {
  const timeMs = options.deadline - Date.now();
  const once = tryOf(performer, step, context, options);
  const tried = await untilItHolds(once, performer.repeats(step), options.deadline, context.signal);
  const { consistently } = step as { readonly consistently?: string };
  if (!tried.held || consistently === undefined) return tried;
  return await whileItHolds(once, tried, milliseconds(consistently), timeMs, context.signal);
}

/** One try that is given up at a deadline. `cutShort`: it gave nothing in its time. */
type Try = (deadline: number) => Promise<Tried & { readonly cutShort?: boolean }>;

function tryOf(
  performer: Performer<AnyStep['step']>,
  step: AnyStep['step'],
  context: StepContext,
  options: TryOptions,
): Try {
  let announced = false;
  const observe = async (deadline: number): Promise<Seen> => {
    const filled = await fillStep(step, context, options.bound);
    const line = announced ? undefined : performer.command(filled, context);
    announced = true;
    if (line !== undefined) options.announce(line);
    return { step: filled, observed: await performer.observe(filled, { ...context, deadline }) };
  };
  return async (deadline) => {
    try {
      const seen = await inTime(observe(deadline), deadline, context.signal);
      const verdict = performer.judge(seen.step, seen.observed);
      const held = verdict.checks.every((check) => check.held);
      if (held) bind(seen.step, verdict, options.bound);
      return { ...verdict, held, seen };
    } catch (error) {
      const failed = { checks: [], held: false, problem: problemOf(error) };
      return error instanceof OutOfTime ? { ...failed, cutShort: true } : failed;
    }
  };
}

async function untilItHolds(once: Try, repeats: boolean, deadline: number, signal: AbortSignal): Promise<Tried> {
  let wait = FIRST_PAUSE_MS;
  let former: Tried | undefined;
  for (;;) {
    const { cutShort, ...tried } = await once(deadline);
    // What an earlier try saw says more than that the last one was cut short.
    if (cutShort === true && former !== undefined) return former;
    if (tried.held || !repeats || signal.aborted || Date.now() + wait >= deadline) return tried;
    former = tried;
    await pause(wait, signal);
    wait = Math.min(wait * 2, LONGEST_PAUSE_MS);
  }
}

/** It holds since now; each look may take as long as the step had to come to hold. */
async function whileItHolds(
  once: Try,
  first: Tried,
  steadyMs: number,
  lookMs: number,
  signal: AbortSignal,
): Promise<Tried> {
  const since = Date.now();
  let tried = first;
  while (Date.now() - since < steadyMs) {
    await pause(Math.min(STEADY_PAUSE_MS, since + steadyMs - Date.now()), signal);
    if (signal.aborted) return { ...tried, held: false, problem: 'interrupted' };
    tried = await once(Date.now() + lookMs);
    if (!tried.held) return { ...tried, problem: `it held for ${Date.now() - since} ms, not for ${steadyMs} ms` };
  }
  return tried;
}

/** Names the result, or parts of it, for the steps that follow. */
function bind(step: AnyStep['step'], { result }: Verdict, bound: Record<string, unknown>): void {
  const as = 'as' in step ? step.as : undefined;
  if (typeof as === 'string') {
    bound[as] = result;
    return;
  }
  for (const [name, part] of Object.entries(as ?? {})) {
    bound[name] = typeof part === 'string' ? lookUp(result, part) : firstGroup(part.match, result);
  }
}

function firstGroup(pattern: string, result: unknown): string {
  const stdout = String(lookUp(result, 'stdout'));
  const found = new RegExp(pattern, 'm').exec(stdout);
  if (found === null) throw new Error(`stdout has nothing that matches /${pattern}/`);
  return found[1] ?? found[0];
}

/** Why there is no result, in a line. */
export function problemOf(error: unknown): string {
  if (error instanceof LabError) return `${error.message}: ${error.why}`;
  return error instanceof Error ? error.message : String(error);
}
