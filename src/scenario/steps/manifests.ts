/**
 * Manifests → what kubectl is given. Objects go to the scenario's namespace unless they name one themselves; kubectl
 * refuses a namespace that differs from `--namespace`, so the two kinds are applied by separate calls.
 */
import { readFileSync } from 'node:fs';
import { parseAllDocuments, stringify } from 'yaml';
import { manifestPath } from '../definition/manifest-files.ts';
import { resourceNamed } from '../resource-words.ts';
import type { StepContext } from '../step-context.ts';

export type ManifestSource = { readonly file: string } | { readonly objects: readonly Record<string, unknown>[] };

interface Manifest {
  readonly text: string;
  /** True when the object belongs to no namespace, or to one it names. */
  readonly outside: boolean;
  /** `KIND/NAME [--namespace NS]` for kubectl delete. */
  readonly reference: readonly string[];
}

/** The texts to apply, in order: neighbours of one kind together. */
export interface ManifestGroup {
  readonly text: string;
  readonly outside: boolean;
  readonly references: readonly (readonly string[])[];
}

/** Reads the documents of a file, or renders inline objects. */
export function manifestGroups(source: ManifestSource, context: StepContext): ManifestGroup[] {
  const texts =
    'file' in source ? documentsOf(source.file, context) : source.objects.map((object) => stringify(object));
  const groups: { text: string; outside: boolean; references: (readonly string[])[] }[] = [];
  for (const { text, outside, reference } of texts.map((text) => manifest(text, context.namespace))) {
    const last = groups.at(-1);
    if (last?.outside === outside) {
      last.text += `---\n${text}`;
      last.references.push(reference);
    } else {
      groups.push({ text, outside, references: [reference] });
    }
  }
  return groups;
}

function documentsOf(file: string, context: StepContext): string[] {
  const text = readFileSync(manifestPath(context.file, file), 'utf8');
  return parseAllDocuments(text)
    .filter((document) => document.contents !== null)
    .map((document) => document.toString());
}

function manifest(text: string, namespace: string): Manifest {
  const [document] = parseAllDocuments(text);
  const { kind, metadata } = (document?.toJS() ?? {}) as { kind?: string; metadata?: Record<string, unknown> };
  const named = typeof metadata?.namespace === 'string' ? metadata.namespace : undefined;
  const outside = (named !== undefined && named !== namespace) || isClusterWide(kind);
  const where = named === undefined ? [] : ['--namespace', named];
  return { text, outside, reference: [`${kind ?? ''}/${String(metadata?.name ?? '')}`, ...where] };
}

/** Kinds the lab does not know are taken for namespaced: the API says what is wrong with them. */
function isClusterWide(kind: string | undefined): boolean {
  try {
    return kind !== undefined && !resourceNamed(kind).namespaced;
  } catch {
    return false;
  }
}
