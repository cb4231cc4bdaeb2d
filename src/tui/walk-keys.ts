/** Which keys do something on the walkthrough's screen, the most useful first. */
import type { KeyHint } from './key-bar.tsx';
import { isSolved, openQuestion, type Walk } from './tui-state.ts';
import type { Words } from './words.ts';

/** `below`: how many lines are out of sight. */
export function walkKeys(walk: Walk, below: number, { keys }: Words): KeyHint[] {
  const scroll = { text: keys.scroll(below), urgent: below > 0 };
  const rest = [keys.back, keys.quit, keys.language].map((text) => ({ text }));
  if (walk.turn !== undefined) return [...turnKeys(walk, keys), scroll, ...rest];
  const question = openQuestion(walk);
  const next =
    question === undefined
      ? { text: keys.next }
      : { text: keys.answer(question.question.choices.length), urgent: true };
  return [next, scroll, { text: walk.auto ? keys.stopAuto : keys.auto }, ...rest];
}

function turnKeys(walk: Walk, keys: Words['keys']): KeyHint[] {
  if (walk.turn === 'confirmation') return [{ text: keys.solutionAgain, urgent: true }];
  const { events } = walk;
  const hints = events.find((event) => event.type === 'task')?.hints ?? 0;
  const given = events.filter(({ type }) => type === 'hint').length;
  return [
    ...(isSolved(walk) ? [{ text: keys.menu, urgent: true }] : []),
    { text: keys.check },
    { text: keys.hint(given, hints) },
    { text: keys.solution },
  ];
}
