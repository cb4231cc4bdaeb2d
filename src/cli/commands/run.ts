/** `podwire run PATH...`: plays scenarios in labs of the shapes they ask for. */
import { availableParallelism } from 'node:os';
import type { ProxyMode } from '../../scenario/lab-lease.ts';
import type { ReporterName } from '../../scenario/reporters/reporter.ts';
import { runScenarios } from '../../scenario/run-command.ts';
import { abortOnSignal } from '../abort-on-signal.ts';
import { labOpener } from '../lease-lab.ts';

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
}

/** Exit code 0: all held; 1: a step failed; 2: unusable input. */
export function runCommand(paths: readonly string[], options: RunCommandOptions): Promise<number> {
  return runScenarios({
    paths,
    language: options.lang,
    proxyModes: options.proxyMode,
    ...(options.reporter === undefined ? {} : { reporter: options.reporter }),
    ...(options.out === undefined ? {} : { out: options.out }),
    ...(options.seed === undefined ? {} : { seed: options.seed }),
    jobs: options.jobs ?? availableParallelism(),
    keepOnFailure: options.keepOnFailure ?? false,
    openLab: labOpener(options),
    stdout: process.stdout,
    stderr: process.stderr,
    signal: abortOnSignal(),
  });
}
