/**
 * The schema of an exercise file around its steps, and the exercise as the engine plays it: a fault is set, the learner
 * looks and repairs, claims grade the state, hints come one at a time, the solution explains itself.
 */
import { z } from 'zod';
import { LOCALIZED, type Localized } from './matchers.ts';
import { API_VERSION, HEAD_SPEC, METADATA, type Playable, type Scenario } from './scenario.ts';
import { type AnyStep, STEP_SCHEMAS } from './steps.ts';

/** The verbs that only look: those a claim can be made of. */
export const LOOKING_VERBS = ['request', 'resolve', 'exec', 'get', 'assert', 'wait', 'trace'] as const;
export type LookingVerb = (typeof LOOKING_VERBS)[number];

const OF_CLAIM = {
  claim: LOCALIZED.describe(
    'a text, or one per language, that says what holds once the fault is repaired, without naming the fault',
  ),
  already: z
    .boolean()
    .optional()
    .describe('true: it holds from the beginning, and no repair may break it; else it must not hold before the repair'),
};

/** A looking step that makes a claim: the step's own schema, with the claim in the place of the narration. */
function claimSchema<V extends LookingVerb>(verb: V) {
  const { narrate: _, as: __, requires: ___, ...shape } = STEP_SCHEMAS[verb].shape as Record<string, z.ZodType>;
  return z.strictObject({ ...OF_CLAIM, ...shape });
}

/** By verb; the loader reads claims with them as it reads steps with theirs. */
export const CLAIM_SCHEMAS = Object.fromEntries(
  LOOKING_VERBS.map((verb) => [verb, claimSchema(verb)]),
) as unknown as Readonly<Record<LookingVerb, z.ZodObject>>;

/** For the JSON Schema: any claim. */
export const ANY_CLAIM = z.union(Object.values(CLAIM_SCHEMAS));

/** Builds the schema around those of a step and of a claim. */
export function exerciseSchema<S extends z.ZodType, C extends z.ZodType>(step: S, claim: C) {
  return z.strictObject({
    apiVersion: z.literal(API_VERSION),
    kind: z.literal('Exercise'),
    metadata: METADATA,
    spec: z.strictObject({
      ...HEAD_SPEC,
      setup: z
        .array(step)
        .min(1)
        .describe('builds what works and sets the fault; the learner sees only the steps that narrate'),
      task: LOCALIZED.describe('a text, or one per language: what is wrong, in the words of whoever reports it'),
      files: z
        .array(z.string().min(1))
        .optional()
        .describe('manifests the learner is given to repair, relative to the exercise'),
      hints: z.array(LOCALIZED).min(3).describe('from the general to the particular; given one at a time'),
      check: z.array(claim).min(1).describe('what holds when the fault is repaired'),
      solution: z.strictObject({
        steps: z.array(step).min(1),
        explain: LOCALIZED.describe('a text, or one per language: what was wrong, and how it is found'),
      }),
      cleanup: z.array(step).optional().describe('run at the end, also after a failure'),
    }),
  });
}

export interface Claim {
  readonly claim: Localized;
  /** It holds from the beginning, and no repair may break it. */
  readonly already: boolean;
  readonly step: Extract<AnyStep, { readonly verb: LookingVerb }>;
}

export interface Exercise extends Playable {
  readonly kind: 'Exercise';
  readonly setup: readonly AnyStep[];
  readonly task: Localized;
  /** Absolute paths. */
  readonly files: readonly string[];
  readonly hints: readonly Localized[];
  readonly check: readonly Claim[];
  readonly solution: { readonly steps: readonly AnyStep[]; readonly explain: Localized };
}

export type AnyPlayable = Scenario | Exercise;
