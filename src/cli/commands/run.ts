/** `podwire run PATH...`: plays scenarios in labs of the shapes they ask for. */
import { availableParallelism } from 'node:os';
import type { LabKernel } from '../../lab/lab-kernel.ts';
import type { ProxyMode } from '../../scenario/lab-lease.ts';
import type { ReporterName } from '../../scenario/reporters/reporter.ts';
import { runScenarios } from '../../scenario/run-command.ts';
import { abortWhenUnread } from '../abort-on-signal.ts';
import { askedOnce, labOpener } from '../lease-lab.ts';

export interface RunCommandOptions {
  readonly name: string;
  readonly file?: string;
  readonly lang: 'en' | 'zh';
  readonly proxyMode: readonly ProxyMode[] | 'all';
  readonly reporter?: ReporterName;
  readonly out?: string;
  readonly seed?: number;
  readonly jobs?: number;
  readonly keepOnFailure?: boolean;
  readonly kernel?: LabKernel;
}

/** Exit code 0: all held; 1: a step failed; 2: unusable input. */
export function runCommand(paths: readonly string[], options: RunCommandOptions): Promise<number> {
  const kernels = askedOnce(options.kernel);
  return runScenarios({
    paths,
    language: options.lang,
    proxyModes: options.proxyMode,
    ...(options.reporter === undefined ? {} : { reporter: options.reporter }),
    ...(options.out === undefined ? {} : { out: options.out }),
    ...(options.seed === undefined ? {} : { seed: options.seed }),
    jobs: options.jobs ?? availableParallelism(),
    keepOnFailure: options.keepOnFailure ?? false,
    openLab: labOpener(options, kernels),
    obstacles: async () => (await kernels()).obstacles,
    stdout: process.stdout,
    stderr: process.stderr,
    signal: abortWhenUnread(),
  });
}
