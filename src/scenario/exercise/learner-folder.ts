/**
 * What a learner needs in a second terminal, in a folder among the lab's own files: a kubeconfig whose namespace is the
 * exercise's, the manifests to repair, and a file for the shell that leads to both.
 */
import { copyFileSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { parse, stringify } from 'yaml';
import type { StepContext } from '../step-context.ts';
import { shellWord } from '../steps/shell-word.ts';

export interface LearnerFolder {
  /** Path of the file a shell reads with `.`. */
  readonly environment: string;
  remove(): void;
}

/** Makes the folder (mode 0700); `files` are copied into it, `podwire` is the command line that starts podwire. */
export function openLearnerFolder(
  { lab, namespace }: Pick<StepContext, 'lab' | 'namespace'>,
  { files, podwire }: { readonly files: readonly string[]; readonly podwire: readonly string[] },
): LearnerFolder {
  const path = join(dirname(lab.kubeconfig), namespace);
  const kubeconfig = join(path, 'kubeconfig');
  const environment = join(path, 'env');
  mkdirSync(path, { mode: 0o700, recursive: true });
  writeFileSync(kubeconfig, inNamespace(readFileSync(lab.kubeconfig, 'utf8'), namespace), { mode: 0o600 });
  for (const file of files) copyFileSync(file, join(path, basename(file)));
  writeFileSync(environment, shellLines({ path, kubeconfig, podwire, lab: lab.name }), { mode: 0o600 });
  return { environment, remove: () => rmSync(path, { recursive: true, force: true }) };
}

/** The kubeconfig with this namespace as the default of its contexts. */
export function inNamespace(kubeconfig: string, namespace: string): string {
  const config = parse(kubeconfig) as { contexts?: { context: Record<string, unknown> }[] };
  for (const { context } of config.contexts ?? []) context.namespace = namespace;
  return stringify(config);
}

interface Surroundings {
  readonly path: string;
  readonly kubeconfig: string;
  readonly podwire: readonly string[];
  readonly lab: string;
}

/** For any shell of POSIX. */
function shellLines({ path, kubeconfig, podwire, lab }: Surroundings): string {
  const { PODWIRE_STATE_ROOT } = process.env;
  return [
    `export KUBECONFIG=${shellWord(kubeconfig)}`,
    `export PODWIRE_NAME=${shellWord(lab)}`,
    ...(PODWIRE_STATE_ROOT === undefined ? [] : [`export PODWIRE_STATE_ROOT=${shellWord(PODWIRE_STATE_ROOT)}`]),
    `podwire() { ${podwire.map(shellWord).join(' ')} "$@"; }`,
    `cd ${shellWord(path)}`,
    '',
  ].join('\n');
}
