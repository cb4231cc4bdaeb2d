/** `podwire tui [SCENARIO]`: the interactive walkthrough; what `npm start` opens on a terminal. */
import type { OpenLab } from '../scenario/lab-lease.ts';

export interface TuiOptions {
  /** Folder whose scenarios the menu lists. */
  readonly directory: string;
  /** A scenario to open at once: its file or its `metadata.name`. */
  readonly scenario?: string;
  readonly language: 'en' | 'zh';
  readonly openLab: OpenLab;
  /** Aborted by SIGTERM or SIGHUP: the lab is released, the terminal restored, then `openTui` returns. */
  readonly signal: AbortSignal;
}

/** Opens the TUI on this process's terminal and resolves with the exit code once it is closed. */
export async function openTui(options: TuiOptions): Promise<0 | 1 | 2> {
  process.stderr.write(`podwire tui: no walkthrough in this build (${options.directory})\n`);
  return 2;
}
