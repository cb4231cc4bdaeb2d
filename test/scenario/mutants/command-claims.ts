/** False claims of the steps that run a program or kubectl. */
import type { ExecResult } from '../../../src/lab/lab-handle.ts';
import type { StepOf } from '../../../src/scenario/definition/steps.ts';
import { expecting, type Mutant, mutant } from './mutant.ts';
import { ofText } from './values.ts';

interface CommandStep {
  readonly expect?: StepOf<'kubectl'>['expect'];
}

/** Of a change: what it printed. */
export function ofChange(step: CommandStep, { stdout, stderr }: ExecResult): Mutant<unknown>[] {
  const { expect } = step;
  return expecting(step, {
    stdout: expect?.stdout === undefined ? [] : ofText(expect.stdout, 'expect.stdout', stdout),
    stderr: expect?.stderr === undefined ? [] : ofText(expect.stderr, 'expect.stderr', stderr),
  });
}

/** Of a program: how it ended, and what it printed. */
export function ofCommand(step: CommandStep, result: ExecResult): Mutant<unknown>[] {
  const { exitCode } = result;
  const others = [exitCode + 1, exitCode === 0 ? 255 : 0].map((code) => mutant('expect.exitCode', code));
  return [...expecting(step, { exitCode: others }), ...ofChange(step, result)];
}

/** Of a refusal: why. */
export function ofError(step: StepOf<'error'>, { stderr }: ExecResult): Mutant<unknown>[] {
  return expecting(step, { message: ofText(step.expect.message, 'expect.message', stderr) });
}
