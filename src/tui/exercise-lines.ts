/** What a learner sees of an exercise: the task, hints, grades, the explanation; and what is kept from them. */
import type { Check, GradedClaim, ScenarioEvent } from '../scenario/events.ts';
import type { Language } from '../scenario/localize.ts';
import { BLANK, folded, hanging, type TranscriptLine, wrapped } from './lines.ts';
import { type Words, wordsOf } from './words.ts';

type ExerciseEvent = Extract<ScenarioEvent, { type: 'task' | 'hint' | 'graded' | 'explained' }>;

/**
 * The steps that set the fault would give it away: only those that narrate are shown, once (`isSet`: the task has been told
 * already), and what failed.
 */
export function isHidden(event: ScenarioEvent, isSet: boolean): boolean {
  if (!('step' in event) || event.step.part !== 'setup') return false;
  if (event.type === 'expectation') return event.check.held;
  return event.type !== 'stepEnded' && (isSet || event.step.narration === undefined);
}

export function exerciseLines(event: ExerciseEvent, language: Language, width: number): TranscriptLine[] {
  const words = wordsOf(language);
  switch (event.type) {
    case 'task':
      return [
        BLANK,
        ...wrapped('narration', event.task[language], width),
        BLANK,
        ...wrapped('dim', words.secondTerminal(process.geteuid?.() === 0), width),
        ...folded('command', `  . ${event.environment}`, width),
        ...wrapped('dim', words.environment, width),
      ];
    case 'hint':
      return [
        BLANK,
        ...wrapped('heading', words.hint(event.number, event.of), width),
        ...wrapped('narration', event.text[language], width),
      ];
    case 'graded': {
      const held = event.claims.filter((claim) => claim.held).length;
      return [
        BLANK,
        ...wrapped('heading', words.graded(held, event.claims.length), width),
        ...event.claims.flatMap((claim) => claimLines(claim, words, language, width)),
      ];
    }
    case 'explained':
      return [BLANK, ...wrapped('narration', event.text[language], width)];
  }
}

/** One that does not hold shows how it was looked at, and what was seen. */
function claimLines(
  { claim, held, command, checks, problem }: GradedClaim,
  words: Words,
  language: Language,
  width: number,
): TranscriptLine[] {
  if (held) return hanging('held', '✓ ', claim[language], width);
  const line = command && `${command.where === undefined ? '' : `${command.where} `}$ ${command.text}`;
  const failed = checks.find((check) => !check.held);
  return [
    ...hanging('failed', '✗ ', claim[language], width),
    ...(line === undefined ? [] : hanging('command', '  ', line, width)),
    ...(failed === undefined ? [] : checkLines(failed, words, width)),
    ...(problem === undefined ? [] : hanging('output', '  ', `${words.problem}: ${problem}`, width)),
  ];
}

function checkLines({ expected, observed }: Check, words: Words, width: number): TranscriptLine[] {
  return [
    ...hanging('output', '  ', `${words.expected}: ${expected}`, width),
    ...hanging('output', '  ', `${words.observed}: ${observed}`, width),
  ];
}
