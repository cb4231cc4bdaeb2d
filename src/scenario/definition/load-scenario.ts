/**
 * Reads scenario files: YAML → schema → steps by verb → the manifests they name. Everything wrong is reported at once,
 * each with file, line, column and what was expected; nothing is built before all files are good.
 */
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { parseAllDocuments } from 'yaml';
import { z } from 'zod';
import { LabError } from '../../lab/lab-error.ts';
import { readLabFile } from '../../lab/lab-file.ts';
import { nearMiss } from '../../lab/near-miss.ts';
import { describeIssues, type FileIssue, parseYamlFile } from '../../lab/yaml-file.ts';
import { PROXY_MODES } from '../../objects/proxy-mode.ts';
import { templateErrors } from '../bindings.ts';
import { treeKeyErrors } from '../tree-keys.ts';
import { milliseconds, type Scenario, scenarioSchema } from './scenario.ts';
import { type AnyStep, STEP_SCHEMAS, VERBS, type Verb } from './steps.ts';

const HEAD = scenarioSchema(z.unknown());
const DEFAULT_TIMEOUT_MS = 20_000;
const DEFAULT_DEADLINE = '5m';
/** What may stand beside a verb. */
const BESIDE = ['narrate', 'expect', 'timeout', 'consistently', 'as', 'proxyModes', 'requires', 'catch', 'finally'];
type Path = readonly (string | number)[];

/** Loads files and folders (their `*.yaml`, in order of name). Throws a `LabError` (exit code 2) for all that is wrong. */
export function loadScenarios(paths: readonly string[]): Scenario[] {
  const problems: string[] = [];
  const scenarios = paths.flatMap(filesOf).flatMap((file) => {
    const loaded = parseScenario(readText(file), file);
    if (!('problems' in loaded)) return [loaded];
    problems.push(...loaded.problems);
    return [];
  });
  if (problems.length > 0) {
    throw new LabError({
      what: problems.length === 1 ? 'a scenario is unusable' : `scenarios are unusable: ${problems.length} problems`,
      why: problems.join('\n'),
      remedy: 'correct the places named; scenarios/scenario.schema.json has every word, scenarios/ has examples',
      exitCode: 2,
    });
  }
  return scenarios;
}

/** Checks the text of one scenario; `file` is for messages and for the manifests it names. */
export function parseScenario(text: string, file: string): Scenario | { readonly problems: readonly string[] } {
  const yaml = parseYamlFile(text, file);
  if ('problems' in yaml) return yaml;
  const head = HEAD.safeParse(yaml.value);
  const issues = head.success ? [] : describeIssues(HEAD, head.error);
  const spec = (yaml.value as { spec?: { steps?: unknown; cleanup?: unknown } } | null)?.spec;
  const read = (key: 'steps' | 'cleanup'): AnyStep[] =>
    Array.isArray(spec?.[key]) ? checkSteps(spec[key], ['spec', key], file, issues) : [];
  if (head.success) issues.push(...labFileErrors(head.data.spec.lab?.file, file));
  const steps = read('steps');
  const cleanup = read('cleanup');
  if (!head.success || issues.length > 0) return { problems: issues.map(yaml.describe) };
  const { metadata, spec: checked } = head.data;
  return {
    file,
    name: metadata.name,
    labels: metadata.labels,
    title: checked.title,
    lab: labOf(checked.lab ?? {}, file),
    proxyModes: checked.proxyModes ?? PROXY_MODES,
    ...(checked.requires === undefined ? {} : { requires: checked.requires }),
    deadlineMs: milliseconds(checked.deadline ?? DEFAULT_DEADLINE),
    timeoutMs: checked.timeout === undefined ? DEFAULT_TIMEOUT_MS : milliseconds(checked.timeout),
    steps,
    cleanup,
  };
}

/** The lab file a scenario names must be there and be good. */
function labFileErrors(labFile: string | undefined, scenario: string): FileIssue[] {
  if (labFile === undefined) return [];
  try {
    readLabFile(manifestPath(scenario, labFile));
    return [];
  } catch (error) {
    const message = error instanceof LabError ? error.why : (error as Error).message;
    return [{ path: ['spec', 'lab', 'file'], message }];
  }
}

function labOf(lab: Scenario['lab'], scenario: string): Scenario['lab'] {
  return lab.file === undefined ? lab : { ...lab, file: manifestPath(scenario, lab.file) };
}

function checkSteps(steps: readonly unknown[], path: Path, file: string, issues: FileIssue[]): AnyStep[] {
  return steps.flatMap((step, index) => checkStep(step, [...path, index], file, issues));
}

/** One step by its verb; what is wrong is added to `issues`. */
function checkStep(step: unknown, path: Path, file: string, issues: FileIssue[]): AnyStep[] {
  if (typeof step !== 'object' || step === null || Array.isArray(step)) {
    issues.push({ path, message: `must be a step: a mapping with one of ${VERBS.join(', ')}` });
    return [];
  }
  // Where a step is played makes no other step of it.
  const keys = Object.keys(step).filter((key) => key !== 'proxyModes' && key !== 'requires');
  const verbs = VERBS.filter((verb) => keys.includes(verb) && (verb !== 'narrate' || keys.length === 1));
  const [verb] = verbs;
  if (verb === undefined || verbs.length > 1) {
    issues.push(verbIssue(keys, verbs, path));
    return [];
  }
  const parsed = STEP_SCHEMAS[verb].safeParse(step);
  const found: FileIssue[] = parsed.success
    ? [
        ...templateErrors(withoutNested(step), path),
        ...manifestErrors(step, path, file),
        ...expressionErrors(step, path),
      ]
    : describeIssues(STEP_SCHEMAS[verb], parsed.error).map((issue) => ({ ...issue, path: [...path, ...issue.path] }));
  issues.push(...found);
  if (!parsed.success) return [];
  const nested = (steps: readonly unknown[], ...at: string[]) => checkSteps(steps, [...path, ...at], file, issues);
  if (verb === 'load') {
    const load = parsed.data as z.infer<(typeof STEP_SCHEMAS)['load']>;
    return [{ verb, step: { ...load, load: { ...load.load, while: nested(load.load.while, 'load', 'while') } } }];
  }
  if (verb === 'try') {
    const tried = parsed.data as z.infer<(typeof STEP_SCHEMAS)['try']>;
    const { catch: caught = [], finally: last = [] } = tried;
    return [
      {
        verb,
        step: {
          ...tried,
          try: nested(tried.try, 'try'),
          catch: nested(caught, 'catch'),
          finally: nested(last, 'finally'),
        },
      },
    ];
  }
  return [{ verb, step: parsed.data } as AnyStep];
}

/** The steps within are looked at by themselves. */
function withoutNested(step: object): object {
  const { try: _, catch: __, finally: ___, ...own } = step as Record<string, unknown>;
  const { load } = own as { load?: object };
  return load === undefined ? own : { ...own, load: { ...load, while: [] } };
}

function verbIssue(keys: readonly string[], verbs: readonly Verb[], path: Path): FileIssue {
  if (verbs.length > 1) {
    return { path: [...path, verbs[1]!], message: `a step does one thing, not ${verbs.join(' and ')}` };
  }
  const unknown = keys.filter((key) => !BESIDE.includes(key));
  for (const key of unknown) {
    const meant = nearMiss(key, VERBS);
    if (meant !== undefined && meant !== key) {
      return { path: [...path, key], message: `no step is called "${key}"; did you mean "${meant}"?` };
    }
  }
  return {
    path: unknown[0] === undefined ? path : [...path, unknown[0]],
    message: `expected one of the steps ${VERBS.join(', ')}`,
  };
}

/** The manifest a step names must be there and be YAML. */
function manifestErrors(step: object, path: Path, file: string): FileIssue[] {
  return manifestPlaces(step, path).flatMap((place): FileIssue[] => {
    try {
      const documents = parseAllDocuments(readFileSync(manifestPath(file, place.file), 'utf8'));
      const broken = documents.flatMap(({ errors }) => errors)[0];
      return broken === undefined ? [] : [{ path: place.path, message: `${place.file} is no YAML: ${broken.message}` }];
    } catch (error) {
      const { code, message } = error as NodeJS.ErrnoException;
      const why = code === 'ENOENT' ? `there is no file ${manifestPath(file, place.file)}` : message;
      return [{ path: place.path, message: why }];
    }
  });
}

/** The expressions in the keys of assertion trees must be such. */
function expressionErrors(step: object, path: Path): FileIssue[] {
  const { assert, expect } = step as { assert?: unknown; expect?: { each?: unknown } };
  return [
    ...treeKeyErrors(assert, [...path, 'assert']),
    ...treeKeyErrors(expect?.each, [...path, 'expect', 'each']),
  ].map(({ path: place, message }) => ({ path: [...place], message }));
}

function manifestPlaces(value: unknown, path: Path): { file: string; path: Path }[] {
  const { apply, delete: remove, error } = value as Record<string, { file?: unknown; apply?: unknown } | undefined>;
  const named = (holder: { file?: unknown } | undefined, at: Path): { file: string; path: Path }[] =>
    typeof holder?.file === 'string' ? [{ file: holder.file, path: [...at, 'file'] }] : [];
  return [
    ...named(apply, [...path, 'apply']),
    ...named(remove, [...path, 'delete']),
    ...(error?.apply === undefined ? [] : manifestPlaces(error, [...path, 'error'])),
  ];
}

/** Where a manifest stands: relative to the scenario that names it. */
export function manifestPath(scenario: string, manifest: string): string {
  return resolve(dirname(scenario), manifest);
}

function filesOf(path: string): string[] {
  let isFolder: boolean;
  try {
    isFolder = statSync(path).isDirectory();
  } catch (cause) {
    throw unusable(`there is no file or folder ${JSON.stringify(path)}`, cause);
  }
  if (!isFolder) return [path];
  const files = readdirSync(path).filter((name) => /\.ya?ml$/.test(name));
  if (files.length === 0) throw unusable(`the folder ${JSON.stringify(path)} holds no .yaml file`);
  return files.sort().map((name) => join(path, name));
}

function readText(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (cause) {
    throw unusable((cause as Error).message, cause);
  }
}

function unusable(why: string, cause?: unknown): LabError {
  return new LabError({
    what: 'no scenarios to play',
    why,
    remedy: 'name scenario files or folders of them: podwire run scenarios/',
    exitCode: 2,
    cause,
  });
}
