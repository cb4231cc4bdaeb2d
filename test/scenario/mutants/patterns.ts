/** Regular expressions with another word in them: what they ask for is nowhere. */
import { NOWHERE } from './mutant.ts';

/** What can be passed by: groups of alternatives, optional groups, what must not follow. */
const OPTIONAL = /^(?:[?*]|\{0,)/;

/** One pattern for each word that a match must hold, that word changed; one that nothing matches where there is none. */
export function otherPatterns(pattern: string): string[] {
  const words = requiredWords(pattern);
  if (words.length === 0) return [`(?:${pattern})(?!)`];
  return words.map(({ end }) => pattern.slice(0, end) + NOWHERE + pattern.slice(end));
}

interface Word {
  readonly end: number;
}

interface Open {
  readonly words: Word[];
  alternatives: boolean;
  readonly negative: boolean;
}

/** Runs of letters and digits that stand for themselves and cannot be passed by. */
function requiredWords(pattern: string): Word[] {
  const open: Open[] = [{ words: [], alternatives: false, negative: false }];
  for (let at = 0; at < pattern.length; ) {
    const rest = pattern.slice(at);
    const here = open.at(-1)!;
    const [token = rest[0]!] =
      /^(?:\\(?:k<\w+>|u[\da-f]{4}|x[\da-f]{2}|c\w|.)|\[(?:\\.|[^\]\\])*\]|\((?:\?(?:[:=!]|<[=!]|<\w+>))?|\{\d*,?\d*\}|[A-Za-z0-9_]+)/s.exec(
        rest,
      ) ?? [];
    at += token.length;
    const after = pattern.slice(at);
    if (token.startsWith('(')) open.push({ words: [], alternatives: false, negative: /!$/.test(token) });
    else if (token === '|') here.alternatives = true;
    else if (token === ')') {
      const { words, alternatives, negative } = open.pop()!;
      if (!alternatives && !negative && !OPTIONAL.test(after)) open.at(-1)!.words.push(...words);
    } else if (/^\w/.test(token)) {
      // A quantifier is about the last character alone.
      const end = /^[?*+{]/.test(after) ? at - 1 : at;
      if (end > at - token.length) here.words.push({ end });
    }
  }
  const [{ words, alternatives }] = open as [Open];
  return alternatives ? [] : words;
}
