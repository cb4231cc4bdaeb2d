/** Events of a scenario → lines of a given width, each with a tone. Pure: a resize or another language lays out anew. */
import type { Evidence, ScenarioEvent } from '../scenario/events.ts';
import { type Language, localize } from '../scenario/localize.ts';
import { exerciseLines, isHidden } from './exercise-lines.ts';
import { BLANK, folded, hanging, type TranscriptLine, wrapped } from './lines.ts';
import type { Walk } from './tui-state.ts';
import { wordsOf } from './words.ts';

export interface Transcript {
  readonly lines: readonly TranscriptLine[];
  /** Index of the line where the part now shown begins: the last narration, or the end of the scenario. */
  readonly anchor: number;
}

/** Lays out everything that has happened so far. */
export function layOut(
  events: readonly ScenarioEvent[],
  language: Language,
  width: number,
  chosen: Walk['chosen'] = {},
): Transcript {
  const lines: TranscriptLine[] = [];
  let anchor = 0;
  let isSet = false;
  for (const event of events) {
    isSet ||= event.type === 'task';
    if (isHidden(event, isSet)) continue;
    const added =
      event.type === 'answer' ? answerLines(event, language, width, chosen) : linesOf(event, language, width);
    if (beginsPart(event) || (event.type === 'task' && anchor === 0)) anchor = lines.length;
    // A blank line before what has no command above it; never two of them.
    const last = lines.at(-1);
    const needsBlank = event.type === 'output' && (last?.tone === 'narration' || last?.tone === 'held');
    const repeatsBlank = last?.text === '' && added[0]?.text === '';
    if (needsBlank) lines.push(BLANK);
    lines.push(...(repeatsBlank ? added.slice(1) : added));
  }
  return { lines, anchor };
}

function linesOf(event: ScenarioEvent, language: Language, width: number): TranscriptLine[] {
  const words = wordsOf(language);
  switch (event.type) {
    case 'scenarioStarted':
      return wrapped('heading', localize(event.scenario.title, language), width);
    case 'labReady': {
      const seconds = (event.ms / 1000).toFixed(2);
      return wrapped('dim', event.borrowed ? words.borrowed(event.lab) : words.built(event.lab, seconds), width);
    }
    case 'stepStarted':
      if (event.step.narration === undefined) return [];
      return [
        BLANK,
        ...(event.step.id === 'solution.1' ? wrapped('heading', words.solution, width) : []),
        ...wrapped('narration', event.step.narration[language], width),
      ];
    case 'command': {
      const text = `${event.where === undefined ? '' : `${event.where} `}$ ${event.text}`;
      return [BLANK, ...folded('command', text, width)];
    }
    case 'question': {
      const { text, choices } = event.question;
      const offered = choices.flatMap((choice, index) =>
        hanging('narration', `${index + 1} `, choice[language], width),
      );
      return [BLANK, ...wrapped('narration', text[language], width), BLANK, ...offered];
    }
    case 'output':
      return folded('output', event.text, width);
    case 'expectation': {
      const { expected, observed, held, implied } = event.check;
      if (held) return implied === true ? [] : hanging('held', '✓ ', expected, width);
      return [
        ...hanging('failed', '✗ ', `${words.expected}: ${expected}`, width),
        ...hanging('failed', '  ', `${words.observed}: ${observed}`, width),
      ];
    }
    case 'stepEnded':
      return [
        ...(event.problem === undefined ? [] : hanging('failed', '✗ ', `${words.problem}: ${event.problem}`, width)),
        ...event.evidence.flatMap((evidence) => evidenceLines(evidence, width)),
      ];
    case 'cleanupFailed':
      return hanging('failed', '✗ ', event.problem, width);
    case 'scenarioEnded': {
      const { outcome, steps, checks } = event;
      const text = `${words[outcome]} · ${words.ended(steps, checks)}`;
      const tone = outcome === 'passed' ? 'held' : 'failed';
      return [BLANK, ...hanging(tone, outcome === 'passed' ? '✓ ' : '✗ ', text, width)];
    }
    case 'task':
    case 'hint':
    case 'graded':
    case 'explained':
      return exerciseLines(event, language, width);
    default:
      return [];
  }
}

/** Whether what comes now is to be read from its beginning. */
function beginsPart(event: ScenarioEvent): boolean {
  if (event.type === 'stepStarted') return event.step.narration !== undefined;
  return event.type === 'question' || event.type === 'hint' || event.type === 'graded';
}

/** Which choice is right, and whether it was the one taken. */
function answerLines(
  { step, question: { answer, choices, explain } }: Extract<ScenarioEvent, { type: 'answer' }>,
  language: Language,
  width: number,
  chosen: Walk['chosen'],
): TranscriptLine[] {
  const taken = chosen[step.id];
  const text = `${answer} ${choices[answer - 1]![language]}`;
  return [
    BLANK,
    ...(taken === undefined || taken === answer
      ? []
      : hanging('failed', '✗ ', `${taken} ${choices[taken - 1]![language]}`, width)),
    ...hanging('held', taken === answer ? '✓ ' : '→ ', text, width),
    ...(explain === undefined ? [] : wrapped('output', explain[language], width)),
  ];
}

function evidenceLines({ title, text }: Evidence, width: number): TranscriptLine[] {
  return [BLANK, ...wrapped('dim', `${title}:`, width), ...folded('output', text, width)];
}

/** The first line to show: the anchor's part whole if it fits, else its beginning; `scroll` lines further down. */
export function firstLine({ lines, anchor }: Transcript, height: number, scroll: number): number {
  const last = Math.max(0, lines.length - height);
  const natural = Math.min(anchor, last);
  return Math.max(0, Math.min(natural + scroll, last));
}
