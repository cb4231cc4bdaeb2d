/** The steps that change objects, through the real kubectl: apply, delete, patch, scale; and `error`, a change refused. */
import type { ExecResult } from '../../lab/lab-handle.ts';
import type { StepOf } from '../definition/steps.ts';
import { checkText } from '../match.ts';
import type { Performer, StepContext } from '../step-context.ts';
import { judgeCommand, printed } from './command-claims.ts';
import { kubectl, kubectlLine } from './kubectl-call.ts';
import { type ManifestSource, manifestGroups } from './manifests.ts';
import { proxyModeLine, tryBackend } from './proxy-mode-step.ts';

const once = (): boolean => false;

export const APPLY: Performer<StepOf<'apply'>, ExecResult> = {
  command: ({ apply }) => applyLine(apply),
  observe: ({ apply }, context) => applyManifests(apply, context),
  judge: ({ expect }, result) => judgeCommand(result, expect),
  repeats: once,
};

export const DELETE: Performer<StepOf<'delete'>, ExecResult> = {
  command: (step) =>
    kubectlLine(['delete', ...('file' in step.delete ? ['-f', step.delete.file] : [step.delete.resource])]),
  observe: async ({ delete: target }, context) =>
    'file' in target
      ? await deleteManifests(target, context)
      : await kubectl(context, ['delete', target.resource, '--wait=true']),
  judge: ({ expect }, result) => judgeCommand(result, expect),
  repeats: once,
};

export const PATCH: Performer<StepOf<'patch'>, ExecResult> = {
  command: ({ patch }) => kubectlLine(patchArguments(patch)),
  observe: ({ patch }, context) => kubectl(context, patchArguments(patch)),
  judge: ({ expect }, result) => judgeCommand(result, expect),
  repeats: once,
};

export const SCALE: Performer<StepOf<'scale'>, ExecResult> = {
  command: ({ scale }) => kubectlLine(scaleArguments(scale)),
  observe: ({ scale }, context) => kubectl(context, scaleArguments(scale)),
  judge: ({ expect }, result) => judgeCommand(result, expect),
  repeats: once,
};

export const ERROR: Performer<StepOf<'error'>, ExecResult> = {
  command: ({ error }) => {
    if ('proxyMode' in error) return proxyModeLine(error.proxyMode);
    return 'apply' in error ? applyLine(error.apply) : kubectlLine(error.kubectl);
  },
  observe: ({ error }, context) => {
    if ('proxyMode' in error) return tryBackend(error.proxyMode, context);
    return 'apply' in error ? applyManifests(error.apply, context) : kubectl(context, error.kubectl.map(String));
  },
  judge: ({ expect }, result) => {
    const output = printed(result);
    const refused = { expected: 'a refusal', observed: output || 'accepted', held: result.exitCode !== 0 };
    return { output, checks: [refused, ...checkText('the message', expect.message, result.stderr)] };
  },
  repeats: once,
};

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

function scaleArguments({ resource, replicas }: StepOf<'scale'>['scale']): string[] {
  return ['scale', resource, `--replicas=${replicas}`];
}

function patchArguments({ resource, type = 'strategic', patch }: StepOf<'patch'>['patch']): string[] {
  return ['patch', resource, '--type', type, '--patch', JSON.stringify(patch)];
}
