/** The reporter `pretty`: what happened, in order, for people. Events in, text out; plain without a terminal. */
import { styleText } from 'node:util';
import type { Check, Evidence, Question, ScenarioEvent, StepRef } from '../events.ts';
import { localize } from '../localize.ts';
import { plural } from '../match.ts';
import { wrapText } from '../wrap-text.ts';
import { bounded } from './bounded.ts';
import type { Reporter, ReporterOptions } from './reporter.ts';

type Style = Parameters<typeof styleText>[0];

/** Longer output is cut: the walkthrough shows it all, and a scenario can ask for less. */
const OUTPUT_LINES = 40;
const DEFAULT_COLUMNS = 100;
const MOST_COLUMNS = 120;

export class PrettyReporter implements Reporter {
  readonly #options: ReporterOptions;
  readonly #width: number;
  /** Why scenarios failed, in their order. */
  readonly #failures: { readonly title: string; readonly what: string }[] = [];
  readonly #counts = { passed: 0, failed: 0, interrupted: 0, skipped: 0 };
  #title = '';
  readonly #started = Date.now();

  constructor(options: ReporterOptions) {
    this.#options = options;
    this.#width = Math.min(options.columns ?? DEFAULT_COLUMNS, MOST_COLUMNS);
  }

  /** The lines an event adds to the report. */
  lines(event: ScenarioEvent): string[] {
    switch (event.type) {
      case 'scenarioStarted':
        this.#title = localize(event.scenario.title, this.#options.language);
        return [
          '',
          this.#paint('bold', `▶ ${this.#title}`),
          this.#paint('dim', `  ${event.scenario.file}, ${event.proxyMode}`),
        ];
      case 'labPart':
        return [];
      case 'labReady':
        return [
          this.#paint(
            'dim',
            `  lab ${event.lab} ${event.borrowed ? 'was up' : `built in ${seconds(event.ms)}`}${event.kernel === 'uml' ? ', in User-mode Linux' : ''}`,
          ),
        ];
      case 'namespaceReady':
        return [this.#paint('dim', `  namespace ${event.namespace}`)];
      case 'stepStarted':
        return this.#stepStarted(event.step);
      case 'command':
        return [`    ${this.#paint('cyan', `${event.where === undefined ? '' : `${event.where} `}$ ${event.text}`)}`];
      case 'output':
        return cut(bounded(event.text).split('\n')).map((line) => `      ${line}`);
      case 'question':
        return this.#question(event.question);
      case 'answer':
        return this.#answer(event.question);
      case 'expectation':
        return event.check.held && event.check.implied === true ? [] : this.#check(event.check);
      case 'stepEnded':
        return this.#stepEnded(event);
      case 'stepsEnded':
      // A learner's: nobody reads a report of those.
      case 'task':
      case 'hint':
      case 'graded':
      case 'explained':
        return [];
      case 'cleanupFailed':
        this.#failures.push({ title: this.#title, what: `cleanup: ${event.problem.split('\n')[0]}` });
        return ['', this.#paint('red', '  cleanup failed'), ...indent(event.problem, '    ')];
      case 'scenarioEnded':
        return this.#scenarioEnded(event);
      case 'scenarioSkipped':
        this.#counts.skipped += event.proxyModes.length;
        return [
          '',
          this.#paint('yellow', `- ${localize(event.scenario.title, this.#options.language)}`),
          ...indent(`skipped in ${event.proxyModes.join(', ')}: ${event.reason}`, '  '),
        ];
    }
  }

  /** The closing lines. */
  summary(): string[] {
    const { passed, ...others } = this.#counts;
    const more = Object.entries(others).flatMap(([outcome, count]) => (count === 0 ? [] : [`${count} ${outcome}`]));
    const line = `${[`${passed} passed`, ...more].join(', ')} in ${seconds(Date.now() - this.#started)}`;
    const isGood = others.failed + others.interrupted === 0;
    const failures = this.#failures.map(({ title, what }) => this.#paint('red', `  ✗ ${title}: ${what}`));
    return ['', this.#paint(isGood ? ['bold', 'green'] : ['bold', 'red'], line), ...failures];
  }

  #stepStarted({ id, narration }: StepRef): string[] {
    if (narration === undefined) return [''];
    const [first = '', ...rest] = wrapText(narration[this.#options.language], this.#width - 6);
    return ['', `${this.#paint('bold', id.padStart(3))}  ${first}`, ...rest.map((line) => `     ${line}`)];
  }

  #question({ text, choices }: Question): string[] {
    const { language } = this.#options;
    return [`    ? ${text[language]}`, ...choices.map((choice, index) => `      ${index + 1}. ${choice[language]}`)];
  }

  #answer({ answer, explain }: Question): string[] {
    const why = explain === undefined ? [] : wrapText(explain[this.#options.language], this.#width - 9);
    const [first = '', ...rest] = why;
    return [
      `    ${this.#paint('green', `→ ${answer}.`)} ${first}`.trimEnd(),
      ...rest.map((line) => `         ${line}`),
    ];
  }

  #check({ expected, observed, held }: Check): string[] {
    if (held) return [`    ${this.#paint('green', '✓')} ${expected}`];
    return [
      `    ${this.#paint('red', '✗')} expected: ${bounded(expected)}`,
      ...indent(bounded(observed), '                ').map((line, index) =>
        index === 0 ? `      observed: ${line.trimStart()}` : line,
      ),
    ];
  }

  #stepEnded(event: Extract<ScenarioEvent, { type: 'stepEnded' }>): string[] {
    if (event.outcome === 'held') return [];
    if (event.outcome === 'interrupted') return [this.#paint('yellow', `    step ${event.step.id} was interrupted`)];
    const problem = event.problem === undefined ? '' : `: ${event.problem}`;
    this.#failures.push({ title: this.#title, what: `step ${event.step.id} (${event.step.verb})${problem}` });
    return [
      this.#paint('red', `    step ${event.step.id} (${event.step.verb}) failed after ${seconds(event.ms)}${problem}`),
      ...event.evidence.flatMap((evidence) => this.#evidence(evidence)),
    ];
  }

  #evidence({ title, text }: Evidence): string[] {
    return ['', this.#paint('dim', `    ${title}:`), ...cut(bounded(text).split('\n')).map((line) => `      ${line}`)];
  }

  #scenarioEnded({ outcome, steps, checks, ms }: Extract<ScenarioEvent, { type: 'scenarioEnded' }>): string[] {
    const counts = `${plural(steps, 'step')}, ${plural(checks, 'check')}, ${seconds(ms)}`;
    this.#counts[outcome] += 1;
    const style = { passed: 'green', failed: 'red', interrupted: 'yellow' } as const;
    return ['', this.#paint(style[outcome], `  ${outcome}: ${counts}`)];
  }

  #paint(style: Style, text: string): string {
    return this.#options.colour ? styleText(style, text, { validateStream: false }) : text;
  }
}

function cut(lines: readonly string[]): string[] {
  if (lines.length <= OUTPUT_LINES) return [...lines];
  return [...lines.slice(0, OUTPUT_LINES), `… ${lines.length - OUTPUT_LINES} more lines`];
}

function indent(text: string, by: string): string[] {
  return text.split('\n').map((line) => `${by}${line}`);
}

function seconds(ms: number): string {
  return `${(ms / 1000).toFixed(ms < 10_000 ? 2 : 1)} s`;
}
