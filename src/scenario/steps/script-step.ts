/** The step `script`: a few lines of shell on the user's own machine, with the lab's kubectl at hand. */
import { dirname, resolve } from 'node:path';
import type { ExecResult } from '../../lab/lab-handle.ts';
import type { StepOf } from '../definition/steps.ts';
import { type Performer, programmed, timeLeft } from '../step-context.ts';
import { judgeCommand } from './command-claims.ts';

const SCRIPT_TIMEOUT_MS = 60_000;

export const SCRIPT: Performer<StepOf<'script'>, ExecResult> = {
  command: ({ script }) => ({ text: script.content.trimEnd() }),
  observe: async ({ script }, context) => {
    await programmed(context);
    return await context.lab.runHere(['sh', '-c', script.content], {
      cwd: dirname(resolve(context.file)),
      env: { ...script.env, NAMESPACE: context.namespace },
      timeoutMs: timeLeft(context, SCRIPT_TIMEOUT_MS),
    });
  },
  judge: ({ expect }, result) => judgeCommand(result, expect),
  // What a script changes is not known: it is run once.
  repeats: () => false,
};
