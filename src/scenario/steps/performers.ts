/** Which file plays which verb. The others are the engine's own: they have nothing to play, or steps within. */
import type { AnyStep, StepOf, Verb } from '../definition/steps.ts';
import type { Judge, Performer } from '../step-context.ts';
import { ASSERT } from './assert-step.ts';
import { APPLY, DELETE, ERROR, PATCH, SCALE } from './change-steps.ts';
import { EXEC } from './exec-step.ts';
import { FAULT } from './fault-step.ts';
import { GET } from './get-step.ts';
import { KUBECTL } from './kubectl-step.ts';
import { LOAD } from './load-step.ts';
import { PROXY_MODE } from './proxy-mode-step.ts';
import { REQUEST } from './request-step.ts';
import { RESOLVE } from './resolve-step.ts';
import { SCRIPT } from './script-step.ts';
import { TRACE } from './trace-step.ts';
import { WAIT } from './wait-step.ts';

/** The verbs that claim something. */
export type ClaimingVerb = Exclude<Verb, 'narrate' | 'ask' | 'try'>;
export type PerformedVerb = Exclude<ClaimingVerb, 'load'>;

const PERFORMERS: { readonly [V in PerformedVerb]: Performer<StepOf<V>> } = {
  apply: APPLY,
  delete: DELETE,
  patch: PATCH,
  scale: SCALE,
  kubectl: KUBECTL,
  wait: WAIT,
  get: GET,
  request: REQUEST,
  resolve: RESOLVE,
  exec: EXEC,
  trace: TRACE,
  assert: ASSERT,
  error: ERROR,
  script: SCRIPT,
  proxyMode: PROXY_MODE,
  fault: FAULT,
};

/** The performer of a step's verb. */
export function performerOf(verb: PerformedVerb): Performer<AnyStep['step']> {
  return PERFORMERS[verb] as Performer<AnyStep['step']>;
}

/** What judges the claims of a step of that verb. */
export function judgeOf(verb: ClaimingVerb): Judge<AnyStep['step']> {
  return (verb === 'load' ? LOAD : PERFORMERS[verb]) as Judge<AnyStep['step']>;
}
