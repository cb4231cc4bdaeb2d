/** The reporter `tap`: TAP 14, a test point for each scenario and backend, its steps in a subtest above it. */
import type { ScenarioEvent } from '../events.ts';
import type { Language } from '../localize.ts';
import { localize } from '../localize.ts';
import type { Reporter, ReporterOptions } from './reporter.ts';
import { evidenceText, failureOf, RunRecord, type StepRecord, stepTitle } from './run-record.ts';

export class TapReporter implements Reporter {
  readonly #record = new RunRecord();
  readonly #language: Language;
  #points = 0;
  #isPlaying = false;

  constructor({ language }: Pick<ReporterOptions, 'language'>) {
    this.#language = language;
  }

  lines(event: ScenarioEvent): string[] {
    const isFirst = this.#record.plays.length + this.#record.skips.length === 0;
    this.#record.add(event);
    const head = isFirst && this.#record.plays.length + this.#record.skips.length > 0 ? ['TAP version 14'] : [];
    if (event.type === 'scenarioStarted') this.#isPlaying = true;
    if (event.type === 'scenarioEnded') return [...head, ...this.#played()];
    if (event.type !== 'scenarioSkipped') return head;
    const { scenario, proxyModes, reason } = event;
    const points = proxyModes.map(
      (mode) => `ok ${this.#next()} - ${this.#name(scenario, mode)} # SKIP ${oneLine(reason)}`,
    );
    return [...head, ...points];
  }

  summary(): string[] {
    const head = this.#record.plays.length + this.#record.skips.length === 0 ? ['TAP version 14'] : [];
    // One that never came to its end: its lab could not be built, or the run was given up.
    const unfinished = this.#isPlaying ? this.#played() : [];
    return [...head, ...unfinished, `1..${this.#points}`];
  }

  #played(): string[] {
    this.#isPlaying = false;
    const play = this.#record.plays.at(-1)!;
    const name = this.#name(play.scenario, play.proxyMode);
    const steps = play.steps.flatMap((step, index) => this.#step(step, index + 1));
    const problem = play.cleanupProblem;
    const cleanup =
      problem === undefined ? [] : [`not ok ${play.steps.length + 1} - cleanup`, ...diagnosis({ message: problem })];
    const subtest = [
      `# Subtest: ${name}`,
      ...[...steps, ...cleanup, `1..${play.steps.length + (cleanup.length > 0 ? 1 : 0)}`].map((line) => `    ${line}`),
    ];
    return [...subtest, `${play.outcome === 'passed' ? 'ok' : 'not ok'} ${this.#next()} - ${name}`];
  }

  #step(step: StepRecord, number: number): string[] {
    const name = escapeTap(oneLine(stepTitle(step, this.#language)));
    if (step.outcome === 'held') return [`ok ${number} - ${name}`];
    const evidence = evidenceText(step);
    return [
      `not ok ${number} - ${name}`,
      ...diagnosis({ message: failureOf(step), ...(evidence === '' ? {} : { evidence }) }),
    ];
  }

  #next(): number {
    this.#points += 1;
    return this.#points;
  }

  #name(scenario: { readonly title: Parameters<typeof localize>[0] }, mode: string): string {
    return escapeTap(`${oneLine(localize(scenario.title, this.#language))} (${mode})`);
  }
}

/** A YAML block of texts. */
function diagnosis(texts: Readonly<Record<string, string>>): string[] {
  // JSON strings are YAML strings, on one line whatever they hold.
  return ['  ---', ...Object.entries(texts).map(([key, text]) => `  ${key}: ${JSON.stringify(text)}`), '  ...'];
}

function oneLine(text: string): string {
  return text.replaceAll(/\s+/g, ' ').trim();
}

/** `#` would begin a directive. */
function escapeTap(text: string): string {
  return text.replaceAll('\\', '\\\\').replaceAll('#', '\\#');
}
