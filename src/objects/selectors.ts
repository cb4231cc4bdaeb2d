/**
 * Label and field selectors: the object form (`matchLabels`, `matchExpressions`) and the string grammar of the API's
 * query parameters (`a=b,c in (d,e),!f`). Knows labels, no kind.
 */
import { type Labels, matchesExpression } from './label-selector.ts';
import type { LabelSelector } from './wire.ts';

type Operator = 'In' | 'NotIn' | 'Exists' | 'DoesNotExist' | 'Gt' | 'Lt';

interface Requirement {
  readonly key: string;
  readonly operator: Operator;
  readonly values: readonly string[];
}

/** True when the labels are those of the selector. */
export type LabelMatcher = (labels: Labels | undefined) => boolean;

/** A selector that cannot be read; its message is fit for a `BadRequest`. */
export class SelectorError extends Error {
  override readonly name = 'SelectorError';
}

const TOKEN = /\s*(==|!=|=|!|,|\(|\)|<|>|[^\s,()=!<>]+)/y;
const KEY = /^([a-z0-9]([-a-z0-9.]*[a-z0-9])?\/)?[A-Za-z0-9]([-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?$/;
const VALUE = /^([A-Za-z0-9]([-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?)?$/;

/** A matcher of the string grammar. Throws `SelectorError`. */
export function parseLabelSelector(text: string): LabelMatcher {
  return matcherOf(parseRequirements(text));
}

/** The string grammar of an object-form selector, as `labelSelector` parameters and a Scale's status carry it. */
export function formatLabelSelector(selector: LabelSelector): string {
  return requirementsOf(selector)
    .map(({ key, operator, values }) => {
      if (operator === 'Exists') return key;
      if (operator === 'DoesNotExist') return `!${key}`;
      if (operator === 'In' && values.length === 1) return `${key}=${values[0]}`;
      return `${key} ${operator === 'In' ? 'in' : 'notin'} (${[...values].sort().join(',')})`;
    })
    .join(',');
}

function requirementsOf(selector: LabelSelector): Requirement[] {
  const equalities = Object.entries(selector.matchLabels ?? {}).map(
    ([key, value]): Requirement => ({ key, operator: 'In', values: [value] }),
  );
  const expressions = (selector.matchExpressions ?? []).map(
    ({ key, operator, values }): Requirement => ({ key, operator: operator as Operator, values: values ?? [] }),
  );
  return [...equalities, ...expressions];
}

function matcherOf(requirements: readonly Requirement[]): LabelMatcher {
  return (labels) =>
    requirements.every(({ key, operator, values }) => matchesExpression(key, operator, values, labels));
}

function parseRequirements(text: string): Requirement[] {
  const tokens = tokenise(text);
  const requirements: Requirement[] = [];
  let at = 0;
  while (at < tokens.length) {
    at = parseRequirement(tokens, at, requirements);
    if (at === tokens.length) break;
    if (tokens[at] !== ',') throw unreadable(`found '${tokens[at]}', expected: ',' or 'end of string'`);
    at += 1;
    if (at === tokens.length) throw unreadable("found '', expected: identifier after ','");
  }
  return requirements;
}

function tokenise(text: string): string[] {
  const tokens: string[] = [];
  TOKEN.lastIndex = 0;
  const { length } = text.trimEnd();
  while (TOKEN.lastIndex < length) tokens.push(TOKEN.exec(text)![1]!);
  return tokens;
}

/** Reads one requirement from `tokens[at]` on; returns where it ends. */
function parseRequirement(tokens: readonly string[], at: number, into: Requirement[]): number {
  if (tokens[at] === '!') {
    into.push({ key: keyToken(tokens[at + 1]), operator: 'DoesNotExist', values: [] });
    return at + 2;
  }
  const key = keyToken(tokens[at]);
  const operator = tokens[at + 1];
  switch (operator) {
    case undefined:
    case ',':
      into.push({ key, operator: 'Exists', values: [] });
      return at + 1;
    case '=':
    case '==':
    case '!=': {
      // `a=` selects the empty value.
      const next = tokens[at + 2];
      const empty = next === undefined || next === ',';
      into.push({ key, operator: operator === '!=' ? 'NotIn' : 'In', values: [empty ? '' : valueToken(key, next)] });
      return empty ? at + 2 : at + 3;
    }
    case 'in':
    case 'notin': {
      const { values, end } = valueList(tokens, at + 2, key);
      into.push({ key, operator: operator === 'in' ? 'In' : 'NotIn', values });
      return end;
    }
    case '<':
    case '>': {
      const bound = tokens[at + 2];
      if (bound === undefined || !/^-?\d+$/.test(bound))
        throw unreadable(
          `values[0][${key}]: Invalid value: "${bound ?? ''}": for 'Gt', 'Lt' operators, the value must be an integer`,
        );
      into.push({ key, operator: operator === '>' ? 'Gt' : 'Lt', values: [bound] });
      return at + 3;
    }
    default:
      throw unreadable(`found '${operator}', expected: in, notin, =, ==, !=, gt, lt`);
  }
}

function valueList(tokens: readonly string[], start: number, key: string): { values: string[]; end: number } {
  if (tokens[start] !== '(') throw unreadable(`found '${tokens[start] ?? ''}', expected: '('`);
  const values: string[] = [];
  let at = start + 1;
  let wantsValue = true;
  for (; at < tokens.length && tokens[at] !== ')'; at += 1) {
    const token = tokens[at]!;
    if (token === ',') {
      if (wantsValue) values.push('');
      wantsValue = true;
    } else {
      if (!wantsValue) throw unreadable(`found '${token}', expected: ',' or ')'`);
      values.push(valueToken(key, token));
      wantsValue = false;
    }
  }
  if (at === tokens.length) throw unreadable("found '', expected: ',' or ')'");
  if (wantsValue) values.push('');
  return { values, end: at + 1 };
}

function keyToken(token: string | undefined): string {
  if (token === undefined || !/^[^,()=!<>]/.test(token))
    throw unreadable(`found '${token ?? ''}', expected: !, identifier, or 'end of string'`);
  const [prefix] = token.split('/');
  if (!KEY.test(token) || (token.includes('/') && prefix!.length > 253))
    throw unreadable(
      `key: Invalid value: "${token}": name part must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyName',  or 'my.name',  or '123-abc', regex used for validation is '([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]')`,
    );
  return token;
}

function valueToken(key: string, token: string): string {
  if (/^[()=!<>]/.test(token)) throw unreadable(`found '${token}', expected: identifier`);
  if (!VALUE.test(token))
    throw unreadable(
      `values[0][${key}]: Invalid value: "${token}": a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyValue',  or 'my_value',  or '12345', regex used for validation is '(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?')`,
    );
  return token;
}

function unreadable(why: string): SelectorError {
  return new SelectorError(`unable to parse requirement: ${why}`);
}

export interface FieldRequirement {
  readonly field: string;
  readonly equals: boolean;
  readonly value: string;
}

/** The terms of a field selector (`a=b,c!=d`). Throws `SelectorError`. */
export function parseFieldSelector(text: string): FieldRequirement[] {
  if (text.trim() === '') return [];
  return splitUnescaped(text).map((term) => {
    const match = /^((?:[^\\=!]|\\.)*)(==|!=|=)(.*)$/s.exec(term);
    if (match === null) throw new SelectorError(`invalid selector: '${text}'; can't understand '${term}'`);
    return { field: match[1]!.trim(), equals: match[2] !== '!=', value: match[3]!.replace(/\\([\\,=])/g, '$1') };
  });
}

function splitUnescaped(text: string): string[] {
  return (text.match(/(?:[^\\,]|\\.)+/gs) ?? []).filter((term) => term.trim() !== '');
}
