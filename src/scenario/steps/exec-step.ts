/** The step `exec`: a program somewhere in the lab. */
import type { ExecResult } from '../../lab/lab-handle.ts';
import type { StepOf } from '../definition/steps.ts';
import { type Performer, programmed, targetOf, timeLeft } from '../step-context.ts';
import { judgeCommand } from './command-claims.ts';
import { shellWord } from './shell-word.ts';

const EXEC_TIMEOUT_MS = 15_000;

export const EXEC: Performer<StepOf<'exec'>, ExecResult> = {
  command: ({ exec }) => ({ where: exec.in, text: commandLine(exec.command) }),
  observe: async ({ exec, expect }, context) => {
    await programmed(context);
    const argv = exec.command.map(String) as [string, ...string[]];
    return await context.lab.exec(await targetOf(exec.in, context), argv, {
      // One that hangs is tried again, where it is.
      timeoutMs: expect === undefined ? timeLeft(context, EXEC_TIMEOUT_MS) : EXEC_TIMEOUT_MS * context.patience,
      ...(exec.stdin === undefined ? {} : { stdin: exec.stdin }),
    });
  },
  judge: ({ expect }, result) => judgeCommand(result, expect),
  repeats: ({ expect }) => expect !== undefined,
};

/** As it would be typed: what `sh -c` is given is itself a command line. */
function commandLine(command: readonly (string | number)[]): string {
  const [shell, option, script] = command;
  if (shell === 'sh' && option === '-c' && command.length === 3) return String(script);
  return command.map(shellWord).join(' ');
}
