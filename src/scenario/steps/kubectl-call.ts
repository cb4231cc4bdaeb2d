/** Calls of the real kubectl, shown as a user would type them. */
import type { ExecResult } from '../../lab/lab-handle.ts';
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
