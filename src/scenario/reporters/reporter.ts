/** What a reporter is: events in, lines of text out, as they come or all at the end. */
import type { ScenarioEvent } from '../events.ts';
import type { Language } from '../localize.ts';

export interface ReporterOptions {
  readonly language: Language;
  readonly colour: boolean;
  readonly columns?: number;
}

export interface Reporter {
  /** The lines an event adds to the report. */
  lines(event: ScenarioEvent): string[];
  /** The closing lines. */
  summary(): string[];
}

/** Every format there is. */
export const REPORTER_NAMES = ['pretty', 'tap', 'junit', 'json', 'github', 'html'] as const;
export type ReporterName = (typeof REPORTER_NAMES)[number];

/** Those that show what each step changed in the kernel's rules, which has to be looked up for them. */
export const SHOW_RULES: ReadonlySet<ReporterName> = new Set(['json', 'html']);
