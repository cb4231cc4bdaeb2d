/** Which file plays which verb. The others are the engine's own: they have nothing to play, or steps within. */
import type { AnyStep, StepOf, Verb } from '../definition/steps.ts';
import type { Performer } from '../step-context.ts';
import { APPLY, DELETE, ERROR, PATCH, SCALE } from './change-steps.ts';
import { EXEC, RESOLVE } from './exec-steps.ts';
import { FAULT } from './fault-step.ts';
import { ASSERT, GET, KUBECTL, WAIT } from './look-steps.ts';
import { PROXY_MODE } from './proxy-mode-step.ts';
import { REQUEST } from './request-step.ts';
import { SCRIPT } from './script-step.ts';
import { TRACE } from './trace-step.ts';

export type PerformedVerb = Exclude<Verb, 'narrate' | 'ask' | 'load' | 'try'>;

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
