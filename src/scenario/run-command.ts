/** `podwire run PATH...`: loads the scenarios, plays them in labs of the shapes they ask for, reports, says how it went. */
import { labObstacle } from '../lab/lab-obstacle.ts';
import { loadScenarios } from './definition/load-scenario.ts';
import type { Playable } from './definition/scenario.ts';
import type { OpenLab, ProxyMode } from './lab-lease.ts';
import { playAll } from './play-all.ts';
import type { PlayOptions } from './play-in-lab.ts';
import { makeReporter } from './reporters/make-reporter.ts';
import { openReportFile, type ReportFile } from './reporters/report-file.ts';
import { type Reporter, type ReporterName, SHOW_RULES } from './reporters/reporter.ts';
import { shuffled } from './shuffled.ts';

export interface RunOptions {
  /** Scenario files, or folders of them. */
  readonly paths: readonly string[];
  /** Backends to play each scenario in; default: `all`, every one the scenario names. */
  readonly proxyModes?: readonly ProxyMode[] | 'all';
  readonly language: 'en' | 'zh';
  /** Default: `pretty`. */
  readonly reporter?: ReporterName;
  /** The report goes to this file, and `pretty` to `stdout`. */
  readonly out?: string;
  /** Plays the scenarios in an order drawn by this number; default: in order of name. */
  readonly seed?: number;
  /** How many labs may be played in at a time; default: 1. */
  readonly jobs?: number;
  /** A failed scenario's lab and namespace stay for inspection. */
  readonly keepOnFailure?: boolean;
  readonly openLab: OpenLab;
  /** Modes that cannot be played here, with the reason; asked for where all are. */
  readonly obstacles: () => Promise<ReadonlyMap<ProxyMode, string>>;
  readonly stdout: NodeJS.WritableStream & { readonly isTTY?: boolean; readonly columns?: number };
  readonly stderr: NodeJS.WritableStream;
  /** Aborted by Ctrl-C or SIGTERM: the running step is given up, cleanup runs, then `runScenarios` returns. */
  readonly signal: AbortSignal;
  /** Told of every step that held, with what was observed: for judging its claims again. */
  readonly onHeld?: PlayOptions['onHeld'];
}

/**
 * Plays scenarios. Returns the exit code: 0 all held, 1 a step failed or the run was interrupted. Throws a `LabError`
 * when an input is unusable (its exit code is 2) or a lab cannot be built.
 */
export async function runScenarios(options: RunOptions): Promise<0 | 1> {
  const { openLab, proxyModes = 'all', keepOnFailure = false, seed, jobs = 1 } = options;
  const loaded = loadScenarios(options.paths);
  const scenarios = seed === undefined ? loaded : shuffled(loaded, seed);
  const report = options.out === undefined ? undefined : openReportFile(options.out);
  const outputs = outputsOf(options, report);
  const signal = report === undefined ? options.signal : AbortSignal.any([options.signal, report.failed]);
  try {
    const obstacles = proxyModes === 'all' ? await options.obstacles() : new Map<ProxyMode, string>();
    const labObstacles = await obstaclesOf(scenarios);
    const playing = playAll(scenarios, {
      ...{ proxyModes, obstacles, labObstacles },
      ...{ keepOnFailure, openLab, signal, jobs },
      recordRules: SHOW_RULES.has(options.reporter ?? 'pretty'),
      ...(options.onHeld === undefined ? {} : { onHeld: options.onHeld }),
    });
    for (;;) {
      const next = await playing.next();
      if (next.done === true) return next.value === 'passed' ? 0 : 1;
      for (const { reporter, print } of outputs) print(reporter.lines(next.value));
    }
  } finally {
    // Also when a lab could not be built: what was played until then is told.
    for (const { reporter, print } of outputs) print(reporter.summary());
    report?.close();
  }
}

/** By lab file: why this host cannot build it. */
async function obstaclesOf(scenarios: readonly Playable[]): Promise<Map<string, string>> {
  const obstacles = new Map<string, string>();
  for (const file of new Set(scenarios.flatMap(({ lab }) => lab.file ?? []))) {
    const obstacle = await labObstacle(file);
    if (obstacle !== undefined) obstacles.set(file, obstacle);
  }
  return obstacles;
}

interface Output {
  readonly reporter: Reporter;
  print(lines: readonly string[]): void;
}

/** To the terminal what people read, unless there is nothing but the report and it goes there. */
function outputsOf(options: RunOptions, report: ReportFile | undefined): Output[] {
  const { stdout, language, reporter = 'pretty' } = options;
  const terminal = {
    language,
    colour: stdout.isTTY === true && (process.env.NO_COLOR ?? '') === '',
    ...(stdout.columns === undefined ? {} : { columns: stdout.columns }),
  };
  const print = (lines: readonly string[]): void => {
    if (lines.length > 0) stdout.write(`${lines.join('\n')}\n`);
  };
  if (report === undefined) return [{ reporter: makeReporter(reporter, terminal), print }];
  return [
    { reporter: makeReporter('pretty', terminal), print },
    { reporter: makeReporter(reporter, { language, colour: false }), print: (lines) => report.write(lines) },
  ];
}
