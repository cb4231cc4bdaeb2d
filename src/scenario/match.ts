/** Expected beside observed: texts, numbers, trees. Pure; every function gives checks that say both sides. */
import type { NumberMatcher, TextMatcher } from './definition/matchers.ts';
import type { Check } from './events.ts';
import { project, readTreeKey, type TreeKey } from './tree-keys.ts';

/** Checks of a text. `what` names it: `stdout`, `header x-pod`. */
export function checkText(what: string, matcher: TextMatcher | undefined, text: string): Check[] {
  if (matcher === undefined) return [];
  const observed = text.trim() === '' ? 'nothing' : text.trim();
  if (typeof matcher !== 'object') {
    const wanted = String(matcher);
    return [{ expected: `${what} is ${quote(wanted)}`, observed, held: text.trim() === wanted.trim() }];
  }
  const checks: Check[] = [];
  const add = (expected: string, held: boolean): number =>
    checks.push({ expected: `${what} ${expected}`, observed, held });
  if (matcher.equals !== undefined) add(`is ${quote(matcher.equals)}`, text.trim() === matcher.equals.trim());
  for (const part of listOf(matcher.contains)) add(`contains ${quote(part)}`, text.includes(part));
  for (const part of listOf(matcher.lacks)) add(`does not contain ${quote(part)}`, !text.includes(part));
  if (matcher.matches !== undefined) {
    add(`matches /${matcher.matches}/`, new RegExp(matcher.matches, 'm').test(text));
  }
  if (matcher.lines !== undefined) {
    const lines = text.split('\n').filter((line) => line.trim() !== '').length;
    checks.push({
      expected: `${what} has ${plural(matcher.lines, 'line')}`,
      observed: lines === 0 ? 'nothing' : `${plural(lines, 'line')}: ${observed}`,
      held: lines === matcher.lines,
    });
  }
  return checks;
}

/** The check of a number. */
export function checkNumber(what: string, matcher: NumberMatcher | undefined, observed: number): Check[] {
  if (matcher === undefined) return [];
  if (typeof matcher !== 'object') {
    const wanted = Number(matcher);
    return [{ expected: `${what}: ${wanted}`, observed: String(observed), held: observed === wanted }];
  }
  const { min = Number.NEGATIVE_INFINITY, max = Number.POSITIVE_INFINITY } = matcher;
  const bounds = [
    ...(matcher.min === undefined ? [] : [`at least ${matcher.min}`]),
    ...(matcher.max === undefined ? [] : [`at most ${matcher.max}`]),
  ];
  return [
    { expected: `${what}: ${bounds.join(', ')}`, observed: String(observed), held: observed >= min && observed <= max },
  ];
}

export interface Difference {
  /** `status.readyReplicas`. */
  readonly path: string;
  readonly expected: unknown;
  /** Undefined where there is nothing. */
  readonly observed: unknown;
}

/**
 * Where `observed` is not as `expected`: mappings may hold more, lists must be as long, item by item. Keys may be
 * expressions (tree-keys.ts).
 */
export function differences(expected: unknown, observed: unknown, path = ''): Difference[] {
  if (Array.isArray(expected)) {
    if (!Array.isArray(observed) || observed.length !== expected.length) return [{ path, expected, observed }];
    return expected.flatMap((item, index) => differences(item, observed[index], `${path}[${index}]`));
  }
  if (typeof expected === 'object' && expected !== null) {
    // An expression may have something to say of a text or a number; a name has not.
    const asks = Object.keys(expected).every((key) => readTreeKey(key).expression !== undefined);
    if ((typeof observed !== 'object' && !asks) || observed === null) return [{ path, expected, observed }];
    return Object.entries(expected).flatMap(([key, value]) =>
      differencesBelow(readTreeKey(key), value, observed, path === '' ? key : `${path}.${key}`),
    );
  }
  return expected === observed ? [] : [{ path, expected, observed }];
}

function differencesBelow(key: TreeKey, expected: unknown, observed: unknown, path: string): Difference[] {
  let found: unknown;
  try {
    found = project(key, observed);
  } catch (error) {
    return [{ path, expected, observed: (error as Error).message }];
  }
  if (!key.each) return differences(expected, found, path);
  if (!Array.isArray(found) || found.length === 0) return [{ path, expected, observed: found }];
  return found.flatMap((item, index) => differences(expected, item, `${path}[${index}]`));
}

/** The leaves of a tree as `path: value`, for saying what is expected. */
export function leaves(tree: unknown, path = ''): string[] {
  if (Array.isArray(tree) && tree.length > 0) return tree.flatMap((item, index) => leaves(item, `${path}[${index}]`));
  if (typeof tree === 'object' && tree !== null && Object.keys(tree).length > 0) {
    return Object.entries(tree).flatMap(([key, value]) => leaves(value, path === '' ? key : `${path}.${key}`));
  }
  return [`${path}: ${typeof tree === 'string' ? tree : JSON.stringify(tree)}`];
}

/** `1 line`, `2 lines`. */
export function plural(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? '' : 's'}`;
}

function listOf(texts: string | readonly string[] | undefined): readonly string[] {
  if (texts === undefined) return [];
  return typeof texts === 'string' ? [texts] : texts;
}

function quote(text: string): string {
  return JSON.stringify(text);
}
