/**
 * Reads scenario and exercise files: YAML → schema → steps by verb → the manifests they name. Everything wrong is reported at once,
 * each with file, line, column and what was expected; nothing is built before all files are good.
 */
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { z } from 'zod';
import { LabError } from '../../lab/lab-error.ts';
import { describeIssues, type FileIssue, parseYamlFile } from '../../lab/yaml-file.ts';
import { PROXY_MODES } from '../../objects/proxy-mode.ts';
import { templateErrors } from '../bindings.ts';
import { stepErrors } from './check-steps.ts';
import { type AnyPlayable, type Claim, exerciseSchema } from './exercise.ts';
import { manifestPath, manifestProblem } from './manifest-files.ts';
import { hostsOf, labFileErrors, labOf } from './named-lab.ts';
import type { Section } from './placed-steps.ts';
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
  const named = new Map<string, string>();
  const scenarios = paths.flatMap(filesOf).flatMap((file) => {
    const loaded = parseScenario(readText(file), file, named);
    if ('problems' in loaded) {
      problems.push(...loaded.problems);
      return [];
    }
    named.set(loaded.name, file);
    return [loaded];
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

/**
 * Checks the text of one scenario or exercise; `file` is for messages and for the manifests it names. `named`: the files
 * of those that have a name already.
 */
export function parseScenario(
  text: string,
  file: string,
  named: ReadonlyMap<string, string> = new Map(),
): AnyPlayable | Problems {
  const yaml = parseYamlFile(text, file);
  if ('problems' in yaml) return yaml;
  const { kind, spec = {} } = (yaml.value ?? {}) as { kind?: unknown; spec?: Spec | null };
  const issues: FileIssue[] = [];
  const read = kind === 'Exercise' ? readExercise : readScenario;
  const playable = read(yaml.value, spec ?? {}, file, issues);
  if (playable !== undefined) issues.push(...labFileErrors(playable.lab.file), ...sameName(playable, named));
  // A step that cannot be read would seem to bind nothing.
  if (playable !== undefined && issues.length === 0)
    issues.push(...stepErrors(sectionsOf(playable), { ...playable, hosts: hostsOf(playable.lab) }));
  return playable === undefined || issues.length > 0
    ? { problems: issues.map(withKinds).map(yaml.describe) }
    : playable;
}

/** A file may be named twice; two files of one name could not be told apart in a report. */
function sameName({ name, file }: AnyPlayable, named: ReadonlyMap<string, string>): FileIssue[] {
  const other = named.get(name);
  if (other === undefined || resolve(other) === resolve(file)) return [];
  return [{ path: ['metadata', 'name'], message: `"${name}" is the name of ${other} already` }];
}

/** The lists of steps in the order in which they know each other's names. */
function sectionsOf(playable: AnyPlayable): Section[] {
  const at = (steps: readonly AnyStep[], ...place: string[]): Section => ({ steps, path: ['spec', ...place] });
  if (playable.kind === 'Scenario') return [at(playable.steps, 'steps'), at(playable.cleanup, 'cleanup')];
  const { setup, check, solution, cleanup } = playable;
  const claims = check.map(({ step }) => step);
  return [at(setup, 'setup'), at(claims, 'check'), at(solution.steps, 'solution', 'steps'), at(cleanup, 'cleanup')];
}

/** What is no exercise is read as a scenario; its kind may be either. */
function withKinds(issue: FileIssue): FileIssue {
  return issue.path.join() === 'kind' ? { ...issue, message: 'must be "Scenario" or "Exercise"' } : issue;
}

function readScenario(value: unknown, spec: Spec, file: string, issues: FileIssue[]): AnyPlayable | undefined {
  const head = checked(SCENARIO, value, issues);
  const steps = stepsAt(spec, ['steps'], file, issues);
  const cleanup = stepsAt(spec, ['cleanup'], file, issues);
  return head && { kind: 'Scenario', ...headOf(head, file), steps, cleanup };
}

function readExercise(value: unknown, spec: Spec, file: string, issues: FileIssue[]): AnyPlayable | undefined {
  const head = checked(EXERCISE, value, issues);
  if (head !== undefined) issues.push(...fileErrors(head.spec.files, file), ...textErrors(head.spec));
  const setup = stepsAt(spec, ['setup'], file, issues);
  const claims = Array.isArray(spec.check) ? spec.check : [];
  const check = readClaims(claims, ['spec', 'check'], file, issues);
  if (check.length === claims.length) issues.push(...gradeErrors(check));
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

/** Bindings that cannot be read in what is said to the learner. */
function textErrors({ task, hints, solution }: z.infer<typeof EXERCISE>['spec']): FileIssue[] {
  return templateErrors({ task, hints, solution: { explain: solution.explain } }, ['spec']);
}

/** The files the learner is given must be there. */
function fileErrors(files: readonly string[] = [], exercise: string): FileIssue[] {
  return files.flatMap((file, index) => {
    const message = manifestProblem(exercise, file);
    return message === undefined ? [] : [{ path: ['spec', 'files', index], message }];
  });
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
