/** Every block of the documents says what it is, so that none escapes being run; links lead somewhere. */
import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { commandsOf, documents, examplesOf, ROOT } from './examples.ts';

const LANGUAGES = ['sh', 'console', 'yaml', 'text'];

describe.each(documents())('%s', (document) => {
  it('names the language of each block, and gives a reason for each that is not run', () => {
    for (const { place, language, notRun } of examplesOf(document)) {
      expect(LANGUAGES, place).toContain(language);
      expect(notRun, place).not.toBe('');
    }
  });

  it('has no dead link to a file', () => {
    const text = readFileSync(join(ROOT, document), 'utf8');
    const targets = [...text.matchAll(/\]\(([^)#\s]+)(?:#[^)]*)?\)/g)].map(([, target]) => target!);
    const dead = targets
      .filter((target) => !/^[a-z]+:/.test(target))
      .filter((target) => !existsSync(join(ROOT, dirname(document), target)));
    expect(dead).toEqual([]);
  });
});

it('reads commands without comments, continued lines as one', () => {
  const text = 'one a \\\n  b  # says\n\n# only a comment\ntwo "#x"';
  expect(commandsOf({ place: '', language: 'sh', text })).toEqual(['one a b', 'two "#x"']);
});
