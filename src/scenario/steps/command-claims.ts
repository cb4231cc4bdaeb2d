/** What is claimed of a program or of kubectl: its exit code and what it printed. Pure. */
import type { ExecResult } from '../../lab/lab-handle.ts';
import type { TextMatcher } from '../definition/matchers.ts';
import type { Check } from '../events.ts';
import { checkText } from '../match.ts';
import type { Verdict } from '../step-context.ts';

export interface CommandExpectation {
  readonly exitCode?: number | undefined;
  readonly stdout?: TextMatcher | undefined;
  readonly stderr?: TextMatcher | undefined;
}

/** Judges a program that has ended; success goes without saying. */
export function judgeCommand(result: ExecResult, expect: CommandExpectation = {}): Verdict {
  return {
    output: printed(result),
    checks: [
      checkExit(result, expect.exitCode),
      ...checkText('stdout', expect.stdout, result.stdout),
      ...checkText('stderr', expect.stderr, result.stderr),
    ],
    result: withJson(result),
  };
}

/** What was printed, errors last. */
export function printed({ stdout, stderr }: ExecResult): string {
  return [stdout.trimEnd(), stderr.trimEnd()].filter((text) => text !== '').join('\n');
}

function checkExit({ exitCode, stderr }: ExecResult, expected?: number): Check {
  return {
    expected: `exit code ${expected ?? 0}`,
    observed: `exit code ${exitCode}${exitCode === 0 ? '' : `: ${stderr.trim() || 'nothing on stderr'}`}`,
    held: exitCode === (expected ?? 0),
    ...(expected === undefined ? { implied: true } : {}),
  };
}

/** The result with its output parsed, where it is JSON, so that bindings reach into it. */
function withJson(result: ExecResult): ExecResult & { readonly json?: unknown } {
  try {
    return { ...result, json: JSON.parse(result.stdout) as unknown };
  } catch {
    return result;
  }
}
