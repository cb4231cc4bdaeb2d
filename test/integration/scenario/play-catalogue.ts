/** Plays scenarios of the catalogue in this process, in labs of the host's kernel or in one that is up; keeps what is printed. */
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import { labOpener } from '../../../src/cli/lease-lab.ts';
import type { LabKernel } from '../../../src/lab/lab-kernel.ts';
import { modeObstacles } from '../../../src/lab/mode-obstacles.ts';
import type { AnyPlayable } from '../../../src/scenario/definition/exercise.ts';
import { loadScenarios } from '../../../src/scenario/definition/load-scenario.ts';
import { type RunOptions, runScenarios } from '../../../src/scenario/run-command.ts';

export const CATALOGUE = join(import.meta.dirname, '../../../scenarios');

/** Takes longer than a test of every day may: `labels.duration: slow`. */
export function isSlow({ labels }: AnyPlayable): boolean {
  return labels.duration === 'slow';
}

/** The files of the catalogue's scenarios and exercises that are so. */
export function filesWhere(is: (playable: AnyPlayable) => boolean): string[] {
  return loadScenarios([CATALOGUE]).flatMap((playable) => (is(playable) ? [playable.file] : []));
}

export interface Played {
  readonly exitCode: number;
  readonly text: string;
}

interface PlayOptions extends Pick<RunOptions, 'proxyModes' | 'jobs' | 'onHeld'> {
  /** The lab to borrow; also the beginning of the names of labs that are built. */
  readonly name: string;
  /** Default: the host's. */
  readonly kernel?: LabKernel;
}

/** Runs the scenarios, by default in iptables. */
export async function play(
  paths: readonly string[],
  { name, kernel = 'host', ...options }: PlayOptions,
): Promise<Played> {
  const stdout = new PassThrough();
  let text = '';
  stdout.on('data', (chunk: Buffer) => {
    text += chunk.toString();
  });
  const exitCode = await runScenarios({
    paths,
    proxyModes: ['iptables'],
    ...options,
    language: 'en',
    openLab: labOpener({ name, kernel }),
    obstacles: modeObstacles,
    stdout,
    stderr: new PassThrough(),
    signal: new AbortController().signal,
  });
  return { exitCode, text };
}

/** What is to be read when not all held. */
export function wrongLines(text: string): string[] {
  return text.split('\n').filter((line) => /✗|observed:/.test(line));
}
