/** The steps that change objects, through the real kubectl: apply, delete, patch, scale; and `error`, a change refused. */
import type { ExecResult } from '../../lab/lab-handle.ts';
import type { StepOf } from '../definition/steps.ts';
import { checkText } from '../match.ts';
import type { Attempt, Performer, StepContext } from '../step-context.ts';
import { checkExit, kubectl, kubectlLine, printed } from './kubectl-call.ts';
import { type ManifestSource, manifestGroups } from './manifests.ts';

const once = (): boolean => false;

export const APPLY: Performer<StepOf<'apply'>> = {
  command: ({ apply }) => applyLine(apply),
  attempt: async ({ apply, expect }, context) => succeeded(await applyManifests(apply, context), expect?.stdout),
  repeats: once,
};

export const DELETE: Performer<StepOf<'delete'>> = {
  command: (step) =>
    kubectlLine(['delete', ...('file' in step.delete ? ['-f', step.delete.file] : [step.delete.resource])]),
  attempt: async (step, context) => {
    const { delete: target, expect } = step;
    const result =
      'file' in target
        ? await deleteManifests(target, context)
        : await kubectl(context, ['delete', target.resource, '--wait=true']);
    return succeeded(result, expect?.stdout);
  },
  repeats: once,
};

export const PATCH: Performer<StepOf<'patch'>> = {
  command: ({ patch }) => kubectlLine(patchArguments(patch)),
  attempt: async ({ patch, expect }, context) =>
    succeeded(await kubectl(context, patchArguments(patch)), expect?.stdout),
  repeats: once,
};

export const SCALE: Performer<StepOf<'scale'>> = {
  command: ({ scale }) => kubectlLine(['scale', scale.resource, `--replicas=${scale.replicas}`]),
  attempt: async ({ scale, expect }, context) =>
    succeeded(await kubectl(context, ['scale', scale.resource, `--replicas=${scale.replicas}`]), expect?.stdout),
  repeats: once,
};

export const ERROR: Performer<StepOf<'error'>> = {
  command: ({ error }) => ('apply' in error ? applyLine(error.apply) : kubectlLine(error.kubectl)),
  attempt: async ({ error, expect }, context) => {
    const result =
      'apply' in error ? await applyManifests(error.apply, context) : await kubectl(context, error.kubectl.map(String));
    const refused = { expected: 'a refusal', observed: printed(result) || 'accepted', held: result.exitCode !== 0 };
    return { output: printed(result), checks: [refused, ...checkText('the message', expect.message, result.stderr)] };
  },
  repeats: once,
};

function succeeded(result: ExecResult, stdout: Parameters<typeof checkText>[1]): Attempt {
  return { output: printed(result), checks: [checkExit(result), ...checkText('stdout', stdout, result.stdout)] };
}

function applyLine(source: ManifestSource): ReturnType<typeof kubectlLine> {
  return kubectlLine(['apply', '-f', 'file' in source ? source.file : '-']);
}

/** Applies group by group; stops at the first that is refused. Notes what it made outside the namespace. */
async function applyManifests(source: ManifestSource, context: StepContext): Promise<ExecResult> {
  let all: ExecResult = { exitCode: 0, stdout: '', stderr: '' };
  for (const { text, outside, references } of manifestGroups(source, context)) {
    if (outside) context.outside.push(...references.map((reference) => [...reference]));
    const argv = ['apply', '-f', '-'];
    const result = outside ? await context.lab.kubectl(argv, text) : await kubectl(context, argv, text);
    all = join(all, result);
    if (result.exitCode !== 0) break;
  }
  return all;
}

async function deleteManifests(source: ManifestSource, context: StepContext): Promise<ExecResult> {
  let all: ExecResult = { exitCode: 0, stdout: '', stderr: '' };
  for (const { text, outside } of manifestGroups(source, context).toReversed()) {
    const argv = ['delete', '-f', '-', '--wait=true'];
    all = join(all, outside ? await context.lab.kubectl(argv, text) : await kubectl(context, argv, text));
  }
  return all;
}

function join(first: ExecResult, second: ExecResult): ExecResult {
  return {
    exitCode: first.exitCode === 0 ? second.exitCode : first.exitCode,
    stdout: first.stdout + second.stdout,
    stderr: first.stderr + second.stderr,
  };
}

function patchArguments({ resource, type = 'strategic', patch }: StepOf<'patch'>['patch']): string[] {
  return ['patch', resource, '--type', type, '--patch', JSON.stringify(patch)];
}
