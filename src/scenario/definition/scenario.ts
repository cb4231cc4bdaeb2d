/** The schema of a scenario file around its steps, and the scenario as the engine plays it. */
import { z } from 'zod';
import type { PROXY_MODES } from '../../objects/proxy-mode.ts';
import { DURATION, LOCALIZED, type Localized, PROXY_MODE_LIST, REQUIRES } from './matchers.ts';
import type { AnyStep } from './steps.ts';

export const API_VERSION = 'podwire.dev/v1alpha1';
const LABEL = z.string().regex(/^[a-zA-Z0-9]([\w.-]*[a-zA-Z0-9])?$/, 'must be a label value');
const DNS_LABEL = z
  .string()
  .regex(/^[a-z0-9]([a-z0-9-]{0,48}[a-z0-9])?$/, 'must be a DNS label of at most 50 characters');

const LAB = z
  .strictObject({
    nodes: z.number().int().min(1).max(50).optional().describe('the control plane included'),
    file: z.string().min(1).optional().describe('a lab file, relative to the scenario; default: lab/default.yaml'),
    own: z.boolean().optional().describe('true: a lab for this scenario alone, which it may break'),
  })
  .optional()
  .describe('the lab it needs; default: that of lab/default.yaml, shared with others');

export const METADATA = z.strictObject({
  name: DNS_LABEL,
  labels: z
    .looseObject({ topic: LABEL, level: z.enum(['basic', 'intermediate', 'advanced']) })
    .describe('`topic` and `level` sort the menu; more may be added'),
});

/** What the spec of every kind has. */
export const HEAD_SPEC = {
  title: LOCALIZED,
  lab: LAB,
  proxyModes: PROXY_MODE_LIST.optional().describe('the kube-proxy backends it holds in; default: all'),
  requires: REQUIRES.optional(),
  timeout: DURATION.optional().describe('of each step; default: 20s'),
  deadline: DURATION.optional().describe('of all steps together; default: 5m'),
};

/** Builds the schema around the schema of a step. */
export function scenarioSchema<S extends z.ZodType>(step: S) {
  return z.strictObject({
    apiVersion: z.literal(API_VERSION),
    kind: z.literal('Scenario'),
    metadata: METADATA,
    spec: z.strictObject({
      ...HEAD_SPEC,
      steps: z.array(step).min(1),
      cleanup: z.array(step).optional().describe('run at the end, also after a failure'),
    }),
  });
}

/** What is played: what scenarios and exercises have in common. */
export interface Playable {
  readonly file: string;
  readonly name: string;
  readonly labels: Readonly<Record<string, unknown>> & { readonly topic: string; readonly level: string };
  readonly title: Localized;
  readonly lab: NonNullable<z.infer<typeof LAB>>;
  readonly proxyModes: readonly (typeof PROXY_MODES)[number][];
  readonly requires?: z.infer<typeof REQUIRES> | undefined;
  /** Milliseconds each step has, unless it says otherwise. */
  readonly timeoutMs: number;
  /** Milliseconds all steps have together. */
  readonly deadlineMs: number;
  readonly cleanup: readonly AnyStep[];
}

export interface Scenario extends Playable {
  readonly kind: 'Scenario';
  readonly steps: readonly AnyStep[];
}

/** Milliseconds of `500ms`, `10s`, `2m`. */
export function milliseconds(duration: string): number {
  const [, amount, unit] = /^(\d+)(ms|s|m)$/.exec(duration)!;
  return Number(amount) * { ms: 1, s: 1_000, m: 60_000 }[unit as 'ms' | 's' | 'm'];
}
