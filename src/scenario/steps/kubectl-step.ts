/** The step `kubectl`: any of its commands. */
import type { ExecResult } from '../../lab/lab-handle.ts';
import type { StepOf } from '../definition/steps.ts';
import type { Performer } from '../step-context.ts';
import { judgeCommand } from './command-claims.ts';
import { kubectl, kubectlLine } from './kubectl-call.ts';

export const KUBECTL: Performer<StepOf<'kubectl'>, ExecResult> = {
  command: (step) => kubectlLine(step.kubectl),
  observe: (step, context) => kubectl(context, step.kubectl.map(String)),
  judge: ({ expect }, result) => judgeCommand(result, expect),
  repeats: ({ expect }) => expect !== undefined,
};
