/**
 * The examples of the documents: README.md and docs/. A fenced block `sh` holds commands, `console` commands (`$ …`) with what they
 * print, `yaml` files. `<!-- not run: REASON -->` before a block keeps it from being run.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

export const ROOT = join(import.meta.dirname, '../..');

export interface Example {
  /** `docs/cli.md:12`, where the fence opens. */
  readonly place: string;
  readonly language: string;
  readonly text: string;
  readonly notRun?: string;
}

/** Paths of all documents, from the root of the checkout. */
export function documents(): string[] {
  const files = readdirSync(join(ROOT, 'docs'), { recursive: true, encoding: 'utf8' });
  return ['README.md', ...files.filter((file) => file.endsWith('.md')).map((file) => join('docs', file))].sort();
}

/** The fenced blocks of a document. */
export function examplesOf(document: string): Example[] {
  const lines = readFileSync(join(ROOT, document), 'utf8').split('\n');
  const examples: Example[] = [];
  let mark: string | undefined;
  for (let at = 0; at < lines.length; at += 1) {
    const reason = /^<!-- not run: (.*) -->$/.exec(lines[at]!)?.[1];
    const language = /^```(\S*)/.exec(lines[at]!)?.[1];
    if (language === undefined) {
      if (reason !== undefined) mark = reason;
      else if (lines[at] !== '') mark = undefined;
      continue;
    }
    const end = lines.indexOf('```', at + 1);
    if (end < 0) throw new Error(`${document}:${at + 1}: a fence that never closes`);
    const text = lines.slice(at + 1, end).join('\n');
    examples.push({ place: `${document}:${at + 1}`, language, text, ...(mark === undefined ? {} : { notRun: mark }) });
    mark = undefined;
    at = end;
  }
  return examples;
}

/** The commands of a `sh` block, one a line; a backslash at the end continues it. */
export function commandsOf({ text }: Example): string[] {
  return text
    .replace(/\s*\\\n\s*/g, ' ')
    .split('\n')
    .map((line) => line.replace(/\s+#.*$/, '').trim())
    .filter((line) => line !== '' && !line.startsWith('#'));
}

/** The commands of a `console` block with what each prints. */
export function sessionOf({ text }: Example): { readonly command: string; readonly output: string }[] {
  return text
    .split(/^\$ /m)
    .slice(1)
    .map((part) => {
      const [command = '', ...output] = part.split('\n');
      return { command, output: output.join('\n').trimEnd() };
    });
}
