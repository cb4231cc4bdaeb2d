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
export function deadlineOf(step: AnyStep['step'], defaultMs: number, leftMs: number): number {
  const timeout = 'timeout' in step ? step.timeout : undefined;
  return Date.now() + Math.min(leftMs, timeout === undefined ? defaultMs : milliseconds(timeout));
}

/** The step with its bindings filled in from the lab as it is now and from what was bound before. */
export async function fillStep<S>(step: S, context: StepContext, bound: Values): Promise<S> {
  return fill(step, { ...labValues(await context.snapshot(), context.namespace), ...bound });
}

/** Tries until it holds or the time is up. `announce` is told the command once, before it first runs. */
export async function tryStep(
  performer: Performer<AnyStep['step']>,
  step: AnyStep['step'],
  context: StepContext,
  options: { readonly bound: Record<string, unknown>; readonly deadline: number; announce(line: CommandLine): void },
): Promise<Tried> {
  const steady = 'consistently' in step && step.consistently !== undefined ? milliseconds(step.consistently) : 0;
  let pause = FIRST_PAUSE_MS;
  let announced = false;
  let heldSince: number | undefined;
  let former: Tried | undefined;
  for (;;) {
    let tried: Tried;
    try {
      const filled = await fillStep(step, context, options.bound);
      const line = announced ? undefined : performer.command(filled, context);
      announced = true;
      if (line !== undefined) options.announce(line);
      const observed = await before(options.deadline, context.signal, performer.observe(filled, context));
      const verdict = performer.judge(filled, observed);
      const held = verdict.checks.every((check) => check.held);
      tried = { ...verdict, held, seen: { step: filled, observed } };
      if (held) bind(filled, verdict, options.bound);
    } catch (error) {
      // What an earlier try saw says more than that the last one was cut short.
      if (error instanceof OutOfTime && former !== undefined) return former;
      tried = { checks: [], held: false, problem: problemOf(error) };
    }
    former = tried;
    if (tried.held && steady > 0) {
      heldSince ??= Date.now();
      if (context.signal.aborted || Date.now() - heldSince >= steady) return tried;
      await sleep(Math.min(STEADY_PAUSE_MS, heldSince + steady - Date.now()), context.signal);
      continue;
    }
    if (heldSince !== undefined)
      return { ...tried, held: false, problem: `it held for ${Date.now() - heldSince} ms, not for ${steady} ms` };
    const last = tried.held || !performer.repeats(step) || Date.now() + pause >= options.deadline;
    if (last || context.signal.aborted) return tried;
    await sleep(pause, context.signal);
    pause = Math.min(pause * 2, LONGEST_PAUSE_MS);
  }
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

class OutOfTime extends Error {}

/** Rejects when the time is up or the run is interrupted; the work itself is left to end by itself. */
async function before<T>(deadline: number, signal: AbortSignal, work: Promise<T>): Promise<T> {
  const { promise: given, reject } = Promise.withResolvers<never>();
  const interrupt = (): void => reject(new Error('interrupted'));
  const timer = setTimeout(
    () => reject(new OutOfTime('it gave no result in its time')),
    Math.max(1, deadline - Date.now()),
  );
  signal.addEventListener('abort', interrupt, { once: true });
  if (signal.aborted) interrupt();
  try {
    return await Promise.race([work, given]);
  } finally {
    clearTimeout(timer);
    signal.removeEventListener('abort', interrupt);
  }
}

/** Resolves after a time, or as soon as the signal aborts. */
function sleep(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const done = (): void => {
      clearTimeout(timer);
      signal.removeEventListener('abort', done);
      resolve();
    };
    const timer = setTimeout(done, ms);
    signal.addEventListener('abort', done, { once: true });
    if (signal.aborted) done();
  });
}
