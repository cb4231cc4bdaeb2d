/** `podwire tui [SCENARIO]`: the interactive walkthrough; what `npm start` opens on a terminal. */
import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import { render } from 'ink';
import { LabError } from '../lab/lab-error.ts';
import { nearMiss } from '../lab/near-miss.ts';
import type { AnyPlayable } from '../scenario/definition/exercise.ts';
import { loadScenarios } from '../scenario/definition/load-scenario.ts';
import type { OpenLab } from '../scenario/lab-lease.ts';
import { App } from './app.tsx';
import { TuiSession } from './tui-session.ts';

export interface TuiOptions {
  /** Folder whose scenarios the menu lists. */
  readonly directory: string;
  /** A scenario to open at once: its file or its `metadata.name`. */
  readonly scenario?: string;
  readonly language: 'en' | 'zh';
  readonly openLab: OpenLab;
  /** The command line that starts podwire, for a learner's second terminal. */
  readonly podwire: readonly string[];
  /** Aborted by SIGTERM or SIGHUP: the lab is released, the terminal restored, then `openTui` returns. */
  readonly signal: AbortSignal;
}

/**
 * Opens the TUI on this process's terminal and resolves with the exit code once it is closed. Throws a `LabError` when
 * there is no such scenario or a file is unusable.
 */
export async function openTui(options: TuiOptions): Promise<0> {
  const { scenarios, open } = choose(options);
  const session = new TuiSession(scenarios, options);
  const close = (): void => session.close();
  options.signal.addEventListener('abort', close, { once: true });
  const app = render(<App session={session} />, {
    alternateScreen: true,
    // Whoever opens the TUI sits at a terminal, whatever CI variables the environment holds: Ink would draw nothing then.
    interactive: true,
    // Ctrl-C removes the lab first; the session does that.
    exitOnCtrlC: false,
  });
  try {
    if (open !== undefined) session.openAt(open);
    if (options.signal.aborted) close();
    await session.closed;
    return 0;
  } finally {
    options.signal.removeEventListener('abort', close);
    // Nothing drawn: a terminal that grew meanwhile may otherwise leave rows of it behind (tmux does).
    app.rerender(null);
    app.unmount();
    await app.waitUntilExit();
  }
}

function exercisesLast(all: readonly AnyPlayable[]): AnyPlayable[] {
  const isExercise = ({ kind }: AnyPlayable): boolean => kind === 'Exercise';
  return [...all.filter((each) => !isExercise(each)), ...all.filter(isExercise)];
}

/** The scenarios of the menu, and which of them to open: a file from elsewhere is added to them. */
function choose({ directory, scenario }: TuiOptions): { scenarios: AnyPlayable[]; open?: number } {
  const scenarios = exercisesLast(loadScenarios([directory]));
  if (scenario === undefined) return { scenarios };
  const known = scenarios.findIndex(({ name, file }) => name === scenario || resolve(file) === resolve(scenario));
  if (known >= 0) return { scenarios, open: known };
  if (existsSync(scenario)) {
    const [given, ...rest] = loadScenarios([scenario]);
    const all = exercisesLast([...scenarios, given!, ...rest]);
    return { scenarios: all, open: all.indexOf(given!) };
  }
  const names = scenarios.map(({ name }) => name);
  const meant = nearMiss(scenario, names);
  throw new LabError({
    what: `there is no scenario ${JSON.stringify(scenario)}`,
    why: 'it is neither a file nor the name of a scenario of the catalogue',
    remedy: meant === undefined ? `choose one of ${names.join(', ')}` : `did you mean ${meant}?`,
    exitCode: 2,
  });
}
