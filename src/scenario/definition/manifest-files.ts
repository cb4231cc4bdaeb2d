/** The manifests that scenarios name: where they stand, and whether they can be read. */
import { readFileSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { parseAllDocuments } from 'yaml';

/** Where a manifest stands: relative to the scenario that names it. */
export function manifestPath(scenario: string, manifest: string): string {
  return resolve(dirname(scenario), manifest);
}

/** Why a manifest is of no use: it is not there, or no YAML. Undefined for a good one. */
export function manifestProblem(scenario: string, manifest: string): string | undefined {
  const path = manifestPath(scenario, manifest);
  try {
    const [broken] = parseAllDocuments(readFileSync(path, 'utf8')).flatMap(({ errors }) => errors);
    if (broken === undefined) return undefined;
    // The parser's first line: what is wrong, and at which line and column; the others show the text.
    return `${manifest} is no YAML: ${broken.message.split(':\n')[0]}`;
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    return code === 'ENOENT' ? `there is no file ${path}` : message;
  }
}
