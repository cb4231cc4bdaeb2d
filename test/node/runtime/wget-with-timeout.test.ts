/** The script that keeps wget's time where the host's busybox cannot: run with a busybox that prints what it was given. */
import { execFileSync } from 'node:child_process';
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { WGET_WITH_TIMEOUT } from '../../../src/node/runtime/wget-with-timeout.ts';

const folder = mkdtempSync(join(tmpdir(), 'podwire-wget-'));
const script = join(folder, 'wget');

beforeAll(() => {
  writeFileSync(script, WGET_WITH_TIMEOUT);
  writeFileSync(join(folder, 'busybox'), '#!/bin/sh\nprintf "<%s>" "$@"\n');
  chmodSync(join(folder, 'busybox'), 0o755);
});
afterAll(() => rmSync(folder, { recursive: true }));

const given = (...args: string[]) =>
  execFileSync('/bin/sh', [script, ...args], { encoding: 'utf8', env: { PATH: `${folder}:/usr/bin:/bin` } });

describe('wget with a timeout', () => {
  it.each([
    ['-qO- u', '<wget><-qO-><u>'],
    ['-q -O - --header a:b u', '<wget><-q><-O><-><--header><a:b><u>'],
    ['-qO - -- -T 1', '<wget><-qO><-><--><-T><1>'],
    ['-qO- -T 5 u', '<timeout><-s><PIPE><5><busybox><wget><-qO-><u>'],
    ['-T5 u', '<timeout><-s><PIPE><5><busybox><wget><u>'],
    ['-qT5 -O - u', '<timeout><-s><PIPE><5><busybox><wget><-q><-O><-><u>'],
    ['-qT 5 u', '<timeout><-s><PIPE><5><busybox><wget><-q><u>'],
    ['--spider --timeout=1 u', '<timeout><-s><PIPE><1><busybox><wget><--spider><u>'],
    ['--timeout 3 -O -T u', '<timeout><-s><PIPE><3><busybox><wget><-O><-T><u>'],
    ['u -T 1', '<timeout><-s><PIPE><1><busybox><wget><u>'],
  ])('%s', (line, expected) => {
    expect(given(...line.split(' '))).toBe(expected);
  });

  it('keeps words whole, whatever they hold', () => {
    expect(given('-O', 'a b', '-T', '2', '$(id) "c"', '*')).toBe(
      '<timeout><-s><PIPE><2><busybox><wget><-O><a b><$(id) "c"><*>',
    );
  });
});
