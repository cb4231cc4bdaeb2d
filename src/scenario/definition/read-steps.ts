/**
 * Steps of a file → steps by verb: each against the schema of its verb, its bindings, the manifests it names, the expressions
 * of its trees. What is wrong is gathered with its place.
 */
import type { z } from 'zod';
import { nearMiss } from '../../lab/near-miss.ts';
import { describeIssues, type FileIssue } from '../../lab/yaml-file.ts';
import { templateErrors } from '../bindings.ts';
import { treeKeyErrors } from '../tree-keys.ts';
import { CLAIM_SCHEMAS, type Claim } from './exercise.ts';
import { manifestProblem } from './manifest-files.ts';
import type { Path } from './placed-steps.ts';
import { type AnyStep, STEP_SCHEMAS, VERBS, type Verb } from './steps.ts';

/** What may stand beside a verb. */
const BESIDE = [
  'narrate',
  'claim',
  'already',
  'expect',
  'timeout',
  'consistently',
  'as',
  'proxyModes',
  'requires',
  'catch',
  'finally',
];

/** The steps of a list; `file` is what the manifests they name are relative to. */
export function readSteps(steps: readonly unknown[], path: Path, file: string, issues: FileIssue[]): AnyStep[] {
  return steps.flatMap((step, index) => readStep(step, [...path, index], file, issues));
}

/** The claims of an exercise: steps that only look, each with what it claims. */
export function readClaims(claims: readonly unknown[], path: Path, file: string, issues: FileIssue[]): Claim[] {
  return claims.flatMap((item, index) => {
    const at = [...path, index];
    return readStep(item, at, file, issues, CLAIM_SCHEMAS).map(({ verb, step }): Claim => {
      const { claim, already = false, ...own } = step as unknown as Omit<Claim, 'step'>;
      return { claim, already, step: { verb, step: own } as Claim['step'] };
    });
  });
}

type Schemas = Readonly<Partial<Record<Verb, z.ZodType>>>;

/** One step by its verb; what is wrong is added to `issues`. */
function readStep(
  step: unknown,
  path: Path,
  file: string,
  issues: FileIssue[],
  schemas: Schemas = STEP_SCHEMAS,
): AnyStep[] {
  if (typeof step !== 'object' || step === null || Array.isArray(step)) {
    issues.push({ path, message: `must be a step: a mapping with one of ${Object.keys(schemas).join(', ')}` });
    return [];
  }
  // Where a step is played makes no other step of it.
  const keys = Object.keys(step).filter((key) => key !== 'proxyModes' && key !== 'requires');
  const verbs = VERBS.filter((verb) => keys.includes(verb) && (verb !== 'narrate' || keys.length === 1));
  const [verb] = verbs;
  const schema = verb === undefined ? undefined : schemas[verb];
  if (verb === undefined || schema === undefined || verbs.length > 1) {
    issues.push(verbIssue(keys, verbs, path, schemas));
    return [];
  }
  const parsed = schema.safeParse(step);
  const found: FileIssue[] = parsed.success
    ? [
        ...templateErrors(withoutNested(step), path),
        ...manifestErrors(step, path, file),
        ...expressionErrors(step, path),
      ]
    : describeIssues(schema, parsed.error).map((issue) => ({ ...issue, path: [...path, ...issue.path] }));
  issues.push(...found);
  if (!parsed.success) return [];
  const nested = (steps: readonly unknown[], ...at: string[]) => readSteps(steps, [...path, ...at], file, issues);
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

function verbIssue(keys: readonly string[], verbs: readonly Verb[], path: Path, schemas: Schemas): FileIssue {
  const known = Object.keys(schemas);
  const [verb] = verbs;
  if (verb !== undefined && !known.includes(verb))
    return { path: [...path, verb], message: `a claim only looks: expected one of ${known.join(', ')}` };
  if (verbs.length > 1) {
    return { path: [...path, verbs[1]!], message: `a step does one thing, not ${verbs.join(' and ')}` };
  }
  const unknown = keys.filter((key) => !BESIDE.includes(key));
  for (const key of unknown) {
    const meant = nearMiss(key, known);
    if (meant !== undefined && meant !== key) {
      return { path: [...path, key], message: `no step is called "${key}"; did you mean "${meant}"?` };
    }
  }
  return {
    path: unknown[0] === undefined ? path : [...path, unknown[0]],
    message: `expected one of the steps ${known.join(', ')}`,
  };
}

/** The manifest a step names must be there and be YAML. */
function manifestErrors(step: object, path: Path, file: string): FileIssue[] {
  return manifestPlaces(step, path).flatMap((place): FileIssue[] => {
    const message = manifestProblem(file, place.file);
    return message === undefined ? [] : [{ path: place.path, message }];
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
