/** `podwire run PATH...`: loads the scenarios, plays them in labs of the shapes they ask for, reports, says how it went. */
import type { OpenLab, ProxyMode } from './lab-lease.ts';

export interface RunOptions {
  /** Scenario files, or folders of them. */
  readonly paths: readonly string[];
  /** Backends to play each scenario in; default: iptables. `all`: every one the scenario names. */
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

/** Plays scenarios. Returns the exit code: 0 all held, 1 a step failed, 2 unusable input. */
export async function runScenarios(options: RunOptions): Promise<0 | 1 | 2> {
  options.stderr.write(`podwire run: no scenario engine in this build (${options.paths.join(', ')})\n`);
  return 2;
}
