/** `podwire run PATH...`: loads the scenarios, plays them in labs of the shapes they ask for, reports, says how it went. */
import { loadScenarios } from './definition/load-scenario.ts';
import type { OpenLab, ProxyMode } from './lab-lease.ts';
import { playAll } from './play-all.ts';
import { PrettyReporter } from './pretty-reporter.ts';

export interface RunOptions {
  /** Scenario files, or folders of them. */
  readonly paths: readonly string[];
  /** Backends to play each scenario in; default: `all`, every one the scenario names. */
  readonly proxyModes?: readonly ProxyMode[] | 'all';
  readonly language: 'en' | 'zh';
  /** A failed scenario's lab and namespace stay for inspection. */
  readonly keepOnFailure?: boolean;
  readonly openLab: OpenLab;
  readonly stdout: NodeJS.WritableStream & { readonly isTTY?: boolean; readonly columns?: number };
  readonly stderr: NodeJS.WritableStream;
  /** Aborted by Ctrl-C or SIGTERM: the running step is given up, cleanup runs, then `runScenarios` returns. */
  readonly signal: AbortSignal;
}

/**
 * Plays scenarios. Returns the exit code: 0 all held, 1 a step failed or the run was interrupted. Throws a `LabError`
 * when an input is unusable (its exit code is 2) or a lab cannot be built.
 */
export async function runScenarios(options: RunOptions): Promise<0 | 1> {
  const { stdout, signal, openLab } = options;
  const scenarios = loadScenarios(options.paths);
  const reporter = new PrettyReporter({
    language: options.language,
    colour: stdout.isTTY === true && (process.env.NO_COLOR ?? '') === '',
    ...(stdout.columns === undefined ? {} : { columns: stdout.columns }),
  });
  const print = (lines: readonly string[]): void => {
    if (lines.length > 0) stdout.write(`${lines.join('\n')}\n`);
  };
  const { proxyModes = 'all', keepOnFailure = false } = options;
  const playing = playAll(scenarios, { proxyModes, keepOnFailure, openLab, signal });
  for (;;) {
    const next = await playing.next();
    if (next.done === true) {
      print(reporter.summary());
      return next.value === 'passed' ? 0 : 1;
    }
    print(reporter.lines(next.value));
  }
}
