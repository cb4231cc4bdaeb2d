/**
 * Reads a lab file: YAML → schema → rules. A bad file is refused with file, line, column and what was expected.
 * Loads `yaml` and `zod`: import it lazily where a command may not need it.
 */
import { readFileSync } from 'node:fs';
import { type Document, isMap, isNode, isScalar, LineCounter, parseDocument } from 'yaml';
import type { z } from 'zod';
import { LabError } from './lab-error.ts';
import { checkLabFile, type LabFileIssue } from './lab-file-rules.ts';
import { LAB_FILE_SCHEMA, type LabFile } from './lab-file-schema.ts';
import { nearMiss } from './near-miss.ts';

export type { LabFile } from './lab-file-schema.ts';

/** Reads and checks the lab file at `path`. Throws a `LabError` with every place that is wrong. */
export function readLabFile(path: string): LabFile {
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    throw new LabError({
      what: `cannot read the lab file ${JSON.stringify(path)}`,
      why: code === 'ENOENT' ? 'there is no such file' : (error as Error).message,
      remedy: 'name a lab file with -f, or leave -f out for the default lab',
      exitCode: 2,
      cause: error,
    });
  }
  return parseLabFile(text, path);
}

/** Checks the text of a lab file; `path` is for the messages. */
export function parseLabFile(text: string, path: string): LabFile {
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, uniqueKeys: true });
  const at = (offset: number) => {
    const { line, col } = lines.linePos(offset);
    return `${path}:${line}:${col}`;
  };
  if (document.errors.length > 0)
    throw refusal(
      path,
      document.errors.map((error) => `${at(error.pos[0])}: ${error.message.split(' at line ')[0]}`),
    );
  const parsed = LAB_FILE_SCHEMA.safeParse(document.toJS() ?? {});
  const issues = parsed.success ? checkLabFile(parsed.data) : parsed.error.issues.flatMap(describeIssue);
  if (!parsed.success || issues.length > 0)
    throw refusal(
      path,
      issues.map(({ path: place, message }) => `${at(offsetOf(document, place))}: ${formatPlace(place)}${message}`),
    );
  return parsed.data;
}

function refusal(path: string, lines: readonly string[]): LabError {
  return new LabError({
    what: `the lab file ${path} is unusable`,
    why: lines.join('\n'),
    remedy: 'correct the places named; docs/lab-file.md has every word, lab/default.yaml an example',
    exitCode: 2,
  });
}

/** One line per thing that is wrong: an unknown key is a place of its own. */
function describeIssue(issue: z.core.$ZodIssue): LabFileIssue[] {
  const path = issue.path.map((part) => (typeof part === 'number' ? part : String(part)));
  if (issue.code === 'unrecognized_keys') {
    const known = knownKeys(path);
    return issue.keys.map((key) => {
      const meant = nearMiss(key, known);
      const hint = meant === undefined ? `expected one of ${known.join(', ')}` : `did you mean "${meant}"?`;
      return { path: [...path, key], message: `unknown field; ${hint}` };
    });
  }
  if (issue.code === 'invalid_value')
    return [{ path, message: `must be ${issue.values.map((value) => JSON.stringify(value)).join(' or ')}` }];
  if (issue.code === 'invalid_type') return [{ path, message: `must be ${withArticle(issue.expected)}` }];
  if (issue.code === 'too_small') return [{ path, message: `must be at least ${issue.minimum}` }];
  if (issue.code === 'too_big') return [{ path, message: `must be at most ${issue.maximum}` }];
  return [{ path, message: issue.message }];
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

/** The keys the schema has at a place of the file. */
function knownKeys(path: readonly (string | number)[]): string[] {
  let schema = LAB_FILE_SCHEMA as unknown as z.core.$ZodType;
  for (const part of path) {
    const { def } = unwrap(schema)._zod as {
      def: { type: string; shape?: Record<string, z.core.$ZodType>; element?: z.core.$ZodType };
    };
    const next = typeof part === 'number' ? def.element : def.shape?.[part];
    if (next === undefined) return [];
    schema = next;
  }
  const { def } = unwrap(schema)._zod as { def: { shape?: Record<string, unknown> } };
  return Object.keys(def.shape ?? {});
}

/** The schema inside defaults and optionals. */
function unwrap(schema: z.core.$ZodType): z.core.$ZodType {
  const { def } = schema._zod as { def: { innerType?: z.core.$ZodType } };
  return def.innerType === undefined ? schema : unwrap(def.innerType);
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
