/**
 * Reads scenario and exercise files: YAML → schema → steps by verb → the manifests they name. Everything wrong is reported at once,
 * each with file, line, column and what was expected; nothing is built before all files are good.
 */
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { LabError } from '../../lab/lab-error.ts';
import { readLabFile } from '../../lab/lab-file.ts';
import { describeIssues, type FileIssue, parseYamlFile } from '../../lab/yaml-file.ts';
import { PROXY_MODES } from '../../objects/proxy-mode.ts';
import { type AnyPlayable, type Claim, exerciseSchema } from './exercise.ts';
import { manifestPath, manifestProblem } from './manifest-files.ts';
import { readClaims, readSteps } from './read-steps.ts';
import { milliseconds, type Playable, scenarioSchema } from './scenario.ts';
import type { AnyStep } from './steps.ts';

const SCENARIO = scenarioSchema(z.unknown());
const EXERCISE = exerciseSchema(z.unknown(), z.unknown());
const DEFAULT_TIMEOUT_MS = 20_000;
const DEFAULT_DEADLINE = '5m';

/** Loads files and folders (their `*.yaml`, in order of name). Throws a `LabError` (exit code 2) for all that is wrong. */
export function loadScenarios(paths: readonly string[]): AnyPlayable[] {
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

type Problems = { readonly problems: readonly string[] };
type Spec = Partial<Record<string, unknown>>;

/** Checks the text of one scenario or exercise; `file` is for messages and for the manifests it names. */
export function parseScenario(text: string, file: string): AnyPlayable | Problems {
  const yaml = parseYamlFile(text, file);
  if ('problems' in yaml) return yaml;
  const { kind, spec = {} } = (yaml.value ?? {}) as { kind?: unknown; spec?: Spec | null };
  const issues: FileIssue[] = [];
  const read = kind === 'Exercise' ? readExercise : readScenario;
  const playable = read(yaml.value, spec ?? {}, file, issues);
  return playable === undefined || issues.length > 0
    ? { problems: issues.map(withKinds).map(yaml.describe) }
    : playable;
}

/** What is no exercise is read as a scenario; its kind may be either. */
function withKinds(issue: FileIssue): FileIssue {
  return issue.path.join() === 'kind' ? { ...issue, message: 'must be "Scenario" or "Exercise"' } : issue;
}

function readScenario(value: unknown, spec: Spec, file: string, issues: FileIssue[]): AnyPlayable | undefined {
  const head = checked(SCENARIO, value, issues);
  if (head !== undefined) issues.push(...labFileErrors(head.spec.lab?.file, file));
  const steps = stepsAt(spec, ['steps'], file, issues);
  const cleanup = stepsAt(spec, ['cleanup'], file, issues);
  return head && { kind: 'Scenario', ...headOf(head, file), steps, cleanup };
}

function readExercise(value: unknown, spec: Spec, file: string, issues: FileIssue[]): AnyPlayable | undefined {
  const head = checked(EXERCISE, value, issues);
  if (head !== undefined)
    issues.push(...labFileErrors(head.spec.lab?.file, file), ...fileErrors(head.spec.files, file));
  const setup = stepsAt(spec, ['setup'], file, issues);
  const check = Array.isArray(spec.check) ? readClaims(spec.check, ['spec', 'check'], file, issues) : [];
  issues.push(...gradeErrors(check));
  const steps = stepsAt(spec, ['solution', 'steps'], file, issues);
  const cleanup = stepsAt(spec, ['cleanup'], file, issues);
  if (head === undefined) return undefined;
  const { task, files = [], hints, solution } = head.spec;
  return {
    kind: 'Exercise',
    ...headOf(head, file),
    ...{ setup, task, hints, check, cleanup },
    files: files.map((manifest) => manifestPath(file, manifest)),
    solution: { steps, explain: solution.explain },
  };
}

function checked<S extends z.ZodType>(schema: S, value: unknown, issues: FileIssue[]): z.infer<S> | undefined {
  const head = schema.safeParse(value);
  if (head.success) return head.data;
  issues.push(...describeIssues(schema, head.error));
  return undefined;
}

/** The steps at a place of the spec; what is not a list is the schema's to refuse. */
function stepsAt(spec: Spec, place: readonly string[], file: string, issues: FileIssue[]): AnyStep[] {
  const list = place.reduce<unknown>((value, key) => (value as Spec | undefined)?.[key], spec);
  return Array.isArray(list) ? readSteps(list, ['spec', ...place], file, issues) : [];
}

interface Head {
  readonly metadata: Pick<Playable, 'name' | 'labels'>;
  readonly spec: Pick<
    z.infer<typeof SCENARIO>['spec'],
    'title' | 'lab' | 'proxyModes' | 'requires' | 'timeout' | 'deadline'
  >;
}

function headOf({ metadata, spec }: Head, file: string): Omit<Playable, 'cleanup'> {
  return {
    file,
    name: metadata.name,
    labels: metadata.labels,
    title: spec.title,
    lab: labOf(spec.lab ?? {}, file),
    proxyModes: spec.proxyModes ?? PROXY_MODES,
    ...(spec.requires === undefined ? {} : { requires: spec.requires }),
    deadlineMs: milliseconds(spec.deadline ?? DEFAULT_DEADLINE),
    timeoutMs: spec.timeout === undefined ? DEFAULT_TIMEOUT_MS : milliseconds(spec.timeout),
  };
}

/** What holds from the beginning grades no repair. */
function gradeErrors(check: readonly Claim[]): FileIssue[] {
  if (check.length === 0 || check.some(({ already }) => !already)) return [];
  return [{ path: ['spec', 'check'], message: 'one claim at least must not hold before the repair (no `already`)' }];
}

/** The files the learner is given must be there. */
function fileErrors(files: readonly string[] = [], exercise: string): FileIssue[] {
  return files.flatMap((file, index) => {
    const message = manifestProblem(exercise, file);
    return message === undefined ? [] : [{ path: ['spec', 'files', index], message }];
  });
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

function labOf(lab: Playable['lab'], scenario: string): Playable['lab'] {
  return lab.file === undefined ? lab : { ...lab, file: manifestPath(scenario, lab.file) };
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
