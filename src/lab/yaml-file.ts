/**
 * YAML files that people write (lab files, scenarios): where each field stands in the text, and what is wrong with it,
 * in words that say what was expected.
 */
import { type Document, isMap, isNode, isScalar, LineCounter, parseDocument } from 'yaml';
import { z } from 'zod';
import { nearMiss } from './near-miss.ts';
import { lookAlike, textProblems } from './yaml-problems.ts';

/** Something wrong at a place of a file. */
export interface FileIssue {
  /** Keys and indexes from the root. */
  readonly path: readonly (string | number)[];
  readonly message: string;
}

export interface YamlFile {
  readonly value: unknown;
  /** `FILE:LINE:COLUMN: PLACE: MESSAGE`. */
  describe(issue: FileIssue): string;
}

/** Parses the text of one YAML document; `path` is for the messages. Broken YAML gives `problems` instead of a value. */
export function parseYamlFile(text: string, path: string): YamlFile | { readonly problems: readonly string[] } {
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, uniqueKeys: true, logLevel: 'error' });
  const at = (offset: number) => {
    const { line, col } = lines.linePos(offset);
    return { where: `${path}:${line}:${col}`, line: text.split('\n')[line - 1] ?? '' };
  };
  const problems = textProblems(document, text, lines);
  if (problems.length > 0)
    return { problems: problems.map(({ offset, message }) => `${at(offset).where}: ${message}`) };
  let value: unknown;
  try {
    value = document.toJS() ?? {};
  } catch (error) {
    // Aliases of aliases of aliases.
    return { problems: [`${path}:1:1: its aliases cannot be filled in: ${(error as Error).message}`] };
  }
  return {
    value,
    describe: ({ path: place, message }) => {
      const { where, line } = at(offsetOf(document, place));
      const value = document.getIn(place, true);
      const hint = lookAlike(line) || (isNode(value) && value.range ? lookAlike(at(value.range[0]).line) : '');
      return `${where}: ${formatPlace(place)}${message}${hint}`;
    },
  };
}

/** What a schema refused, one issue per thing that is wrong. */
export function describeIssues(schema: z.core.$ZodType, error: z.core.$ZodError): FileIssue[] {
  const found = error.issues.flatMap((issue) => describeIssue(schema, issue));
  // A misspelt field is one mistake, not a field too many and one too few.
  const misspelt = new Set(
    found.flatMap(({ path, meant }) => (meant === undefined ? [] : [formatPlace([...path.slice(0, -1), meant])])),
  );
  // Nor is a field unknown, and the whole for want of it nothing.
  const strange = new Set(
    found.flatMap(({ path, unknown }) => (unknown === true ? [formatPlace(path.slice(0, -1))] : [])),
  );
  return found
    .filter(({ path, missing }) => missing !== true || !misspelt.has(formatPlace(path)))
    .filter(({ path, rule }) => rule !== true || !strange.has(formatPlace(path)))
    .map(({ path, message }) => ({ path, message }));
}

interface FoundIssue extends FileIssue {
  /** The field that an unknown one was probably meant to be. */
  readonly meant?: string;
  readonly missing?: boolean;
  /** No such field is known. */
  readonly unknown?: boolean;
  /** A rule of the schema's own, about what is known of a value. */
  readonly rule?: boolean;
}

/** One line per thing that is wrong: an unknown key is a place of its own. */
function describeIssue(schema: z.core.$ZodType, issue: z.core.$ZodIssue): FoundIssue[] {
  const path = issue.path.map((part) => (typeof part === 'number' ? part : String(part)));
  if (issue.code === 'unrecognized_keys') {
    const known = knownKeys(schema, path);
    return issue.keys.map((key) => {
      if (known.includes(key))
        return { path: [...path, key], message: 'does not go together with what stands beside it' };
      const meant = nearMiss(key, known);
      const hint = meant === undefined ? `expected one of ${known.join(', ')}` : `did you mean "${meant}"?`;
      const message = `unknown field; ${hint}`;
      return { path: [...path, key], message, unknown: true, ...(meant === undefined ? {} : { meant }) };
    });
  }
  if (issue.code === 'invalid_value')
    return [{ path, message: `must be ${issue.values.map((value) => JSON.stringify(value)).join(' or ')}` }];
  if (issue.code === 'invalid_type' && issue.message.endsWith('received undefined'))
    return [{ path, message: `is missing; it must be ${withArticle(issue.expected)}`, missing: true }];
  // A schema's own words say more than the name of a type.
  if (issue.code === 'invalid_type' && issue.message.startsWith('Invalid input'))
    return [{ path, message: `must be ${withArticle(issue.expected)}` }];
  if (issue.code === 'invalid_union') return describeUnion(schema, issue, path);
  if (issue.code === 'invalid_key') return [{ path, message: issue.issues[0]?.message ?? issue.message }];
  if (issue.code === 'too_small') return [{ path, message: bound('at least', issue.minimum, issue.origin) }];
  if (issue.code === 'too_big') return [{ path, message: bound('at most', issue.maximum, issue.origin) }];
  return [{ path, message: issue.message, ...(issue.code === 'custom' ? { rule: true } : {}) }];
}

/** Of a number, of the length of a list, of the length of a text. */
function bound(words: string, limit: number | bigint, origin: string): string {
  if (origin === 'array') return `must have ${words} ${limit} ${Number(limit) === 1 ? 'item' : 'items'}`;
  if (origin !== 'string') return `must be ${words} ${limit}`;
  return limit === 1 ? 'must not be empty' : `must have ${words} ${limit} characters`;
}

function withArticle(type: string): string {
  const words: Record<string, string> = {
    object: 'a mapping',
    array: 'a list',
    record: 'a mapping',
    int: 'a whole number',
  };
  return words[type] ?? `a ${type}`;
}

/** No alternative fits: what is wrong with the one that was meant, or what the alternatives are. */
function describeUnion(
  schema: z.core.$ZodType,
  issue: z.core.$ZodIssueInvalidUnion,
  path: readonly (string | number)[],
): FoundIssue[] {
  // An alternative of the right type was meant; one that wants another type altogether was not.
  const meant = issue.errors.filter(
    (errors) => !errors.some(({ code, path: at }) => code === 'invalid_type' && at.length === 0),
  );
  const [fewest] = meant.toSorted((a, b) => a.length - b.length);
  if (fewest !== undefined) {
    const found = fewest.flatMap((error) => describeIssue(schema, { ...error, path: [...path, ...error.path] }));
    const fields = fewest.some(({ code, path: at }) => code === 'invalid_value' && at.length === 0)
      ? knownKeys(schema, path)
      : [];
    return fields.length === 0
      ? found
      : found.map((one) => ({ ...one, message: `${one.message}, or a mapping of ${fields.join(', ')}` }));
  }
  const words = schemasAt(schema, path)
    .map(descriptionOf)
    .find((description) => description !== undefined);
  return [{ path, message: words === undefined ? issue.message : `must be ${words}` }];
}

/** The keys a schema has at a place of the file. */
function knownKeys(root: z.core.$ZodType, path: readonly (string | number)[]): string[] {
  const keys = schemasAt(root, path)
    .flatMap(alternatives)
    .flatMap((schema) => Object.keys(definition(schema).shape ?? {}));
  return [...new Set(keys)];
}

/** The schemas that stand for a place of the file: several where it lies within alternatives. */
function schemasAt(root: z.core.$ZodType, path: readonly (string | number)[]): z.core.$ZodType[] {
  let schemas = [root];
  for (const part of path) {
    schemas = schemas.flatMap(alternatives).flatMap((schema) => {
      const { element, shape, valueType } = definition(schema);
      const next = (typeof part === 'number' ? element : shape?.[part]) ?? valueType;
      return next === undefined ? [] : [next];
    });
  }
  return schemas;
}

interface Definition {
  readonly shape?: Record<string, z.core.$ZodType>;
  readonly element?: z.core.$ZodType;
  readonly valueType?: z.core.$ZodType;
  readonly innerType?: z.core.$ZodType;
  readonly options?: readonly z.core.$ZodType[];
}

function definition(schema: z.core.$ZodType): Definition {
  return (schema._zod as unknown as { def: Definition }).def;
}

/** The description of a schema, or of the one inside its defaults and optionals. */
function descriptionOf(schema: z.core.$ZodType): string | undefined {
  const { innerType } = definition(schema);
  const description = z.globalRegistry.get(schema)?.description;
  return description ?? (innerType === undefined ? undefined : descriptionOf(innerType));
}

/** A schema without its defaults and optionals; of a union, each alternative. */
function alternatives(schema: z.core.$ZodType): z.core.$ZodType[] {
  const { innerType, options } = definition(schema);
  if (innerType !== undefined) return alternatives(innerType);
  return options === undefined ? [schema] : options.flatMap(alternatives);
}

/** Where in the text a place stands: its key when it has one, else the nearest that encloses it. */
function offsetOf(document: Document, path: readonly (string | number)[]): number {
  for (let length = path.length; length > 0; length -= 1) {
    const parent = length === 1 ? document.contents : document.getIn(path.slice(0, length - 1), true);
    const last = path[length - 1];
    if (isMap(parent)) {
      const pair = parent.items.find(({ key }) => isScalar(key) && String(key.value) === String(last));
      if (pair !== undefined && isNode(pair.key) && pair.key.range) return pair.key.range[0];
    }
    const node = document.getIn(path.slice(0, length), true);
    if (isNode(node) && node.range) return node.range[0];
  }
  return isNode(document.contents) && document.contents.range ? document.contents.range[0] : 0;
}

/** `nodes[1].name: `, or nothing for the file as a whole. */
function formatPlace(path: readonly (string | number)[]): string {
  if (path.length === 0) return '';
  const text = path.map((part) => (typeof part === 'number' ? `[${part}]` : `.${part}`)).join('');
  return `${text.replace(/^\./, '')}: `;
}
