/** Calls of the real kubectl, shown as a user would type them. */
import type { ExecResult } from '../../lab/lab-handle.ts';
import type { Check } from '../events.ts';
import type { CommandLine, StepContext } from '../step-context.ts';
import { shellWord } from './shell-word.ts';

/** The command line: the namespace is the scenario's own affair and left out. */
export function kubectlLine(argv: readonly (string | number)[]): CommandLine {
  return { text: ['kubectl', ...argv].map(shellWord).join(' ') };
}

/** Runs kubectl in the scenario's namespace. */
export function kubectl(context: StepContext, argv: readonly string[], stdin?: string): Promise<ExecResult> {
  return context.lab.kubectl(['--namespace', context.namespace, ...argv], stdin);
}

/** What was printed, errors last. */
export function printed({ stdout, stderr }: ExecResult): string {
  return [stdout.trimEnd(), stderr.trimEnd()].filter((text) => text !== '').join('\n');
}

/** The check that a command ended as expected; success goes without saying. */
export function checkExit(result: ExecResult, expected?: number): Check {
  const { exitCode, stderr } = result;
  const observed = `exit code ${exitCode}${exitCode === 0 ? '' : `: ${stderr.trim() || 'nothing on stderr'}`}`;
  const held = exitCode === (expected ?? 0);
  return {
    expected: `exit code ${expected ?? 0}`,
    observed,
    held,
    ...(expected === undefined ? { implied: true } : {}),
  };
}
