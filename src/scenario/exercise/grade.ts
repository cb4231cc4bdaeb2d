/** Grades the state of a lab: every claim of an exercise looked at, side by side, and no more than looked at. */
import type { Claim } from '../definition/exercise.ts';
import type { GradedClaim } from '../events.ts';
import { type Run, spoken } from '../play-steps.ts';
import type { CommandLine } from '../step-context.ts';
import { performerOf } from '../steps/performers.ts';
import { deadlineOf, type Tried, tryStep } from '../try-step.ts';

const PAUSE_MS = 100;

/** A claim, and what a look at it gave. */
export interface Look extends GradedClaim {
  readonly of: Claim;
  readonly output?: string;
  readonly seen?: Tried['seen'];
}

/** Looks at each claim, each look as long as a step may take; at one that does not hold again and again for so many milliseconds. */
export async function gradeClaims(claims: readonly Claim[], run: Run, patienceMs: number): Promise<Look[]> {
  const until = Date.now() + patienceMs * run.context.patience;
  const due = claims.filter(({ step: { step } }) => step.proxyModes?.includes(run.proxyMode) !== false);
  return await Promise.all(due.map((claim) => gradeClaim(claim, run, until)));
}

async function gradeClaim(claim: Claim, run: Run, until: number): Promise<Look> {
  const started = Date.now();
  const { verb, step } = claim.step;
  const performer = { ...performerOf(verb), repeats: () => false };
  const { context, bound, playable } = run;
  const { patience } = context;
  let command: CommandLine | undefined;
  const announce = (line: CommandLine): void => {
    command = line;
  };
  for (;;) {
    const deadline = deadlineOf(step, { defaultMs: playable.timeoutMs, leftMs: Number.POSITIVE_INFINITY, patience });
    const tried = await tryStep(performer, step, context, { bound, deadline, announce });
    if (tried.held || context.signal.aborted || Date.now() >= until) {
      const text = await spoken(claim.claim, run);
      return { ...tried, of: claim, claim: text, ...(command && { command }), ms: Date.now() - started };
    }
    await new Promise((resolve) => setTimeout(resolve, PAUSE_MS));
  }
}
