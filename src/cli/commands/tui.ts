/** `podwire tui [SCENARIO]`: the interactive walkthrough. */
import { join } from 'node:path';
import { LabError } from '../../lab/lab-error.ts';
import type { LabKernel } from '../../lab/lab-kernel.ts';
import { openTui } from '../../tui/tui-command.tsx';
import { abortOnSignal } from '../abort-on-signal.ts';
import { labOpener } from '../lease-lab.ts';

export interface TuiCommandOptions {
  readonly name: string;
  readonly lang: 'en' | 'zh';
  readonly kernel?: LabKernel;
}

/** Refuses to open without a terminal: there is nothing to draw on. */
export async function tuiCommand(scenario: string | undefined, options: TuiCommandOptions): Promise<number> {
  if (!process.stdin.isTTY || !process.stdout.isTTY)
    throw new LabError({
      what: 'podwire tui needs a terminal',
      why: 'its input or output is no terminal',
      remedy: 'run it in a terminal, or play scenarios without one: podwire run scenarios/',
      exitCode: 2,
    });
  return await openTui({
    directory: scenarioFolder(),
    ...(scenario === undefined ? {} : { scenario }),
    language: options.lang,
    openLab: labOpener(options),
    podwire: [process.execPath, ...process.execArgv, process.argv[1] ?? ''],
    // Ctrl-C is the TUI's own key.
    signal: abortOnSignal(['SIGTERM', 'SIGHUP']),
  });
}

/** The catalogue in the checkout: beside dist/ in a build, beside src/ in a development tree. */
function scenarioFolder(): string {
  const here = import.meta.dirname;
  return join(here, import.meta.filename.endsWith('.ts') ? '../../../scenarios' : '../scenarios');
}
