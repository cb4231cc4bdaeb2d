/**
 * The reporter `github`: a line for each scenario, what failed as annotations on the scenario's file (workflow commands
 * of GitHub Actions: docs.github.com, "Workflow commands").
 */
import type { ScenarioEvent } from '../events.ts';
import { type Language, localize } from '../localize.ts';
import type { Reporter, ReporterOptions } from './reporter.ts';
import { evidenceText, failureOf, type PlayRecord, RunRecord, stepTitle, transcriptOf } from './run-record.ts';

export class GithubReporter implements Reporter {
  readonly #record = new RunRecord();
  readonly #language: Language;

  constructor({ language }: Pick<ReporterOptions, 'language'>) {
    this.#language = language;
  }

  lines(event: ScenarioEvent): string[] {
    this.#record.add(event);
    if (event.type === 'scenarioEnded') return this.#played(this.#record.plays.at(-1)!);
    if (event.type !== 'scenarioSkipped') return [];
    return event.proxyModes.map((mode) => `- ${this.#title(event.scenario)} (${mode}) skipped: ${event.reason}`);
  }

  summary(): string[] {
    const count = (outcome: string): number => this.#record.plays.filter((play) => play.outcome === outcome).length;
    const { skips, ms } = this.#record;
    const counts = `${count('passed')} passed, ${count('failed') + count('interrupted')} failed, ${skips.length} skipped`;
    return [`${counts} in ${(ms / 1000).toFixed(1)} s`];
  }

  #played(play: PlayRecord): string[] {
    const title = `${this.#title(play.scenario)} (${play.proxyMode})`;
    const steps = play.steps.flatMap((step) => [`${stepTitle(step, this.#language)}`, transcriptOf(step)]);
    const mark = play.outcome === 'passed' ? '✓' : '✗';
    const group = [
      `::group::${data(`${mark} ${title}, ${(play.ms / 1000).toFixed(1)} s`)}`,
      ...steps.flatMap(inert),
      '::endgroup::',
    ];
    const failures = play.steps
      .filter(({ outcome }) => outcome !== 'held')
      .map((step) => ({
        title: `${title}: ${stepTitle(step, this.#language)}`,
        text: [failureOf(step), evidenceText(step)].filter((text) => text !== '').join('\n\n'),
      }));
    const cleanup =
      play.cleanupProblem === undefined ? [] : [{ title: `${title}: cleanup failed`, text: play.cleanupProblem }];
    return [
      ...group,
      ...[...failures, ...cleanup].map(
        ({ title: name, text }) =>
          `::error file=${property(play.scenario.file)},title=${property(name)}::${data(text)}`,
      ),
    ];
  }

  #title({ title }: PlayRecord['scenario']): string {
    return localize(title, this.#language);
  }
}

/** What a program printed must not be taken for a command: `::` that begins a line, `##[` anywhere (actions/runner, ActionCommand.cs). */
function inert(text: string): string[] {
  return text
    .replaceAll('##[', '## [')
    .split(/\r\n|\r|\n/)
    .map((line) => (/^[\s\u0085]*::/.test(line) ? line.replace('::', ': :') : line));
}

function data(text: string): string {
  return text.replaceAll('%', '%25').replaceAll('\r', '%0D').replaceAll('\n', '%0A');
}

function property(text: string): string {
  return data(text).replaceAll(':', '%3A').replaceAll(',', '%2C');
}
