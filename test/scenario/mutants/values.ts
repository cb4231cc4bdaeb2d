/** False claims of texts, numbers and trees of fields. What is claimed now is taken to be true of what was observed. */
import type { NumberMatcher, TextMatcher } from '../../../src/scenario/definition/matchers.ts';
import { inEach, inEntries, type Mutant, mutant, NOWHERE } from './mutant.ts';
import { otherPatterns } from './patterns.ts';

/** Of a text: another one; the opposite; more or fewer lines; a pattern with another word in it. */
export function ofText(matcher: TextMatcher, where: string, observed: string): Mutant<TextMatcher>[] {
  if (typeof matcher !== 'object') {
    const text = String(matcher);
    return [
      mutant(where, `${text}${NOWHERE}`),
      ...(text.trim() === '' ? [] : [mutant(where, { lacks: text.trim() })]),
      ...(typeof matcher === 'number' ? [mutant(where, matcher + 1)] : []),
    ];
  }
  const { equals, contains, lacks, matches, lines } = matcher;
  return [
    ...(equals === undefined ? [] : [mutant(`${where}.equals`, { ...matcher, equals: `${equals}${NOWHERE}` })]),
    ...listOf(contains).flatMap((part, index, parts) => [
      mutant(`${where}.contains`, { ...matcher, contains: parts.with(index, `${part}${NOWHERE}`) }),
      mutant(`${where}.contains`, { lacks: part }),
    ]),
    ...listOf(lacks).flatMap((part, index, parts) => [
      mutant(`${where}.lacks`, { contains: part }),
      mutant(`${where}.lacks`, { ...matcher, lacks: parts.with(index, wordOf(observed)) }),
    ]),
    ...(matches === undefined
      ? []
      : otherPatterns(matches).map((pattern) => mutant(`${where}.matches`, { ...matcher, matches: pattern }))),
    ...(lines === undefined ? [] : [mutant(`${where}.lines`, { ...matcher, lines: lines + 1 })]),
    ...(lines === undefined || lines === 0 ? [] : [mutant(`${where}.lines`, { ...matcher, lines: lines - 1 })]),
  ];
}

/** Of a number: its neighbours; of bounds: what lies beyond them. */
export function ofNumber(matcher: NumberMatcher, where: string): Mutant<NumberMatcher>[] {
  if (typeof matcher !== 'object') return [mutant(where, Number(matcher) + 1), mutant(where, Number(matcher) - 1)];
  const { min, max } = matcher;
  return [
    ...(min === undefined ? [] : [mutant(where, { max: min - 1 })]),
    ...(max === undefined ? [] : [mutant(where, { min: max + 1 })]),
  ];
}

/** Of a tree of fields: every leaf another value or of another type, every list longer, shorter or in another order, every field absent. */
export function ofTree(tree: unknown, where: string): Mutant<unknown>[] {
  if (Array.isArray(tree)) return ofList(tree, where);
  if (typeof tree !== 'object' || tree === null) return otherValues(tree).map((value) => mutant(where, value));
  return [...inEntries(tree as Record<string, unknown>, where, ofTree), ...otherNames(tree, where)];
}

function ofList(list: readonly unknown[], where: string): Mutant<unknown>[] {
  const turned = list.toReversed();
  return [
    ...inEach(list, where, ofTree),
    mutant(where, [...list, NOWHERE]),
    ...(list.length === 0 ? [] : [mutant(where, list.slice(0, -1))]),
    ...(JSON.stringify(turned) === JSON.stringify(list) ? [] : [mutant(where, turned)]),
  ];
}

function otherValues(value: unknown): unknown[] {
  if (typeof value === 'number') return [value + 1, String(value)];
  if (typeof value === 'boolean') return [!value, String(value)];
  return [typeof value === 'string' ? `${value}${NOWHERE}` : NOWHERE];
}

/** Each field under a name that no object has. What a key asks by an expression stays. */
function otherNames(tree: object, where: string): Mutant<unknown>[] {
  const entries = Object.entries(tree);
  if (entries.length === 0) return [mutant(where, NOWHERE)];
  return entries.flatMap(([key, value], index) =>
    key.includes('(') ? [] : [mutant(where, Object.fromEntries(entries.with(index, [`${key}${NOWHERE}`, value])))],
  );
}

/** A piece of a text; one that is not there, where there is nothing to take one of. */
function wordOf(text: string): string {
  return text.trim().split(/\s+/)[0] || NOWHERE;
}

function listOf(texts: string | readonly string[] | undefined): readonly string[] {
  if (texts === undefined) return [];
  return typeof texts === 'string' ? [texts] : texts;
}
