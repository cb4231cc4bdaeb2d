/**
 * Reads a lab file: YAML → schema → what its families bring along → rules. A bad file is refused with file, line, column and what was expected.
 * Loads `yaml` and `zod`: import it lazily where a command may not need it.
 */
import { readFileSync } from 'node:fs';
import { LabError } from './lab-error.ts';
import { completeFamilies } from './lab-families.ts';
import { checkLabFile } from './lab-file-rules.ts';
import { LAB_FILE_SCHEMA, type LabFile } from './lab-file-schema.ts';
import { describeIssues, parseYamlFile } from './yaml-file.ts';

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
  const file = parseYamlFile(text, path);
  if ('problems' in file) throw refusal(path, file.problems);
  const parsed = LAB_FILE_SCHEMA.safeParse(file.value);
  if (!parsed.success) throw refusal(path, describeIssues(LAB_FILE_SCHEMA, parsed.error).map(file.describe));
  const complete = completeFamilies(parsed.data);
  const issues = checkLabFile(complete);
  if (issues.length > 0) throw refusal(path, issues.map(file.describe));
  return complete;
}

function refusal(path: string, lines: readonly string[]): LabError {
  return new LabError({
    what: `the lab file ${path} is unusable`,
    why: lines.join('\n'),
    remedy: 'correct the places named; docs/lab-file.md has every word, lab/default.yaml an example',
    exitCode: 2,
  });
}
