/** The step `script`: a few lines of shell on the user's own machine, with the lab's kubectl at hand. */
import { dirname, resolve } from 'node:path';
import type { StepOf } from '../definition/steps.ts';
import { checkText } from '../match.ts';
import type { Performer } from '../step-context.ts';
import { checkExit, printed } from './kubectl-call.ts';
import { withJson } from './look-steps.ts';

const SCRIPT_TIMEOUT_MS = 60_000;

export const SCRIPT: Performer<StepOf<'script'>> = {
  command: ({ script }) => ({ text: script.content.trimEnd() }),
  attempt: async ({ script, expect }, context) => {
    await context.lab.programmed();
    const result = await context.lab.runHere(['sh', '-c', script.content], {
      cwd: dirname(resolve(context.file)),
      env: { ...script.env, NAMESPACE: context.namespace },
      timeoutMs: SCRIPT_TIMEOUT_MS,
    });
    return {
      output: printed(result),
      checks: [
        checkExit(result, expect?.exitCode),
        ...checkText('stdout', expect?.stdout, result.stdout),
        ...checkText('stderr', expect?.stderr, result.stderr),
      ],
      result: withJson(result),
    };
  },
  // What a script changes is not known: it is run once.
  repeats: () => false,
};
