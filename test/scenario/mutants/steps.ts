/**
 * Every claim of a step changed into a false one: what it expects in so many words, and what goes without saying (a
 * command succeeds, a request is answered). A mutant that is judged to hold shows a weak claim, or a weak judge.
 */
import type { AnyStep, StepOf } from '../../../src/scenario/definition/steps.ts';
import { type ClaimingVerb, judgeOf } from '../../../src/scenario/steps/performers.ts';
import { ofChange, ofCommand, ofError } from './command-claims.ts';
import { type Mutant, within } from './mutant.ts';
import { ofFault, ofLoad, ofProxyMode, ofRequest, ofResolve, ofTrace } from './network-claims.ts';
import { ofAssert, ofGet, ofWait } from './object-claims.ts';

/** A false claim, by the verb it is judged as. */
interface FalseStep {
  readonly verb: ClaimingVerb;
  readonly step: unknown;
}

/** All that can be claimed falsely of what a step saw. */
export function falseClaims(verb: ClaimingVerb, step: AnyStep['step'], observed: unknown): Mutant<FalseStep>[] {
  const make = MAKERS[verb] as (step: AnyStep['step'], observed: unknown) => Mutant<unknown>[];
  return [...within(make(step, observed), (claim) => ({ verb, step: claim })), ...otherVerb(verb, step)];
}

/** Whether the engine would take the step for one that holds: an error does not, unless it is the judge's own fault. */
export function holds(verb: ClaimingVerb, step: unknown, observed: unknown): boolean {
  try {
    return judgeOf(verb)
      .judge(step as AnyStep['step'], observed)
      .checks.every(({ held }) => held);
  } catch (error) {
    if (error instanceof TypeError) throw error;
    return false;
  }
}

const MAKERS = {
  apply: ofChange,
  delete: ofChange,
  patch: ofChange,
  scale: ofChange,
  kubectl: ofCommand,
  exec: ofCommand,
  script: ofCommand,
  error: ofError,
  wait: ofWait,
  get: ofGet,
  assert: ofAssert,
  request: ofRequest,
  resolve: ofResolve,
  trace: ofTrace,
  load: ofLoad,
  proxyMode: ofProxyMode,
  fault: ofFault,
} satisfies Record<ClaimingVerb, unknown>;

/** What a change claims without saying so: that it is accepted; a refusal, that it is not. */
function otherVerb(verb: ClaimingVerb, step: AnyStep['step']): Mutant<FalseStep>[] {
  if (verb === 'error') {
    const { error } = step as StepOf<'error'>;
    return [{ what: 'it is accepted', claim: { verb: 'kubectl', step: { kubectl: [], error } } }];
  }
  if (!['apply', 'delete', 'patch', 'scale', 'kubectl'].includes(verb)) return [];
  const { expect } = step as StepOf<'kubectl'>;
  if ((expect?.exitCode ?? 0) !== 0) return [];
  return [
    { what: 'it is refused', claim: { verb: 'error', step: { error: {}, expect: { message: { contains: '' } } } } },
  ];
}
