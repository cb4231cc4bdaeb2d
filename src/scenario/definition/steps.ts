/**
 * The schemas of the steps: one per verb, each a step's whole mapping. The verb is the key that names the step;
 * `narrate`, `timeout`, `as` may stand beside it. The loader, the JSON Schema and the engine all read this table.
 */
import { z } from 'zod';
import { PROXY_MODES } from '../../objects/proxy-mode.ts';
import {
  APPLY,
  AS,
  ASSERTED,
  COMMAND,
  COMMAND_EXPECT,
  COMMON,
  DNS_STATUS,
  EACH,
  ERROR_STEP,
  FILE,
  LINK_SETTINGS,
  LISTED,
  LOOKING,
  OUTPUT,
  PROXY_MODE,
  RESOURCE,
  TARGET,
  URL_TEXT,
  WAIT_STATE,
} from './fields.ts';
import { DURATION, HOP_MATCHER, LOCALIZED, NUMBER_MATCHER, OUTCOME, TEXT_MATCHER } from './matchers.ts';

/** Builds the table around the schema of a nested step. */
function stepSchemas<S extends z.ZodType>(nested: S) {
  return {
    narrate: z.strictObject({
      narrate: LOCALIZED.describe('a paragraph, alone'),
      proxyModes: COMMON.proxyModes,
      requires: COMMON.requires,
    }),
    apply: z.strictObject({ ...COMMON, apply: APPLY, expect: OUTPUT }),
    delete: z.strictObject({
      ...COMMON,
      delete: z.union([z.strictObject({ resource: RESOURCE }), z.strictObject({ file: FILE })]),
      expect: OUTPUT,
    }),
    patch: z.strictObject({
      ...COMMON,
      patch: z.strictObject({
        resource: RESOURCE,
        type: z.enum(['strategic', 'merge', 'json']).optional().describe('default: strategic'),
        patch: z.unknown(),
      }),
      expect: OUTPUT,
    }),
    scale: z.strictObject({
      ...COMMON,
      scale: z.strictObject({ resource: RESOURCE, replicas: z.number().int().min(0) }),
      expect: OUTPUT,
    }),
    kubectl: z.strictObject({
      ...LOOKING,
      kubectl: COMMAND.describe('arguments of kubectl, run in the scenario’s namespace'),
      expect: COMMAND_EXPECT,
      as: AS,
    }),
    wait: z.strictObject({
      ...LOOKING,
      wait: z.strictObject({
        for: WAIT_STATE,
        resource: LISTED.describe('pod, or pod/NAME'),
        selector: z.string().optional(),
        count: z.number().int().min(0).optional().describe('exactly so many objects, and all must be so'),
      }),
    }),
    get: z.strictObject({
      ...LOOKING,
      get: z.strictObject({ resource: LISTED.describe('pod, or pod/NAME'), selector: z.string().optional() }),
      expect: z.strictObject({ count: NUMBER_MATCHER.optional(), each: EACH.optional() }).optional(),
      as: AS,
    }),
    request: z.strictObject({
      ...LOOKING,
      request: z.strictObject({
        from: TARGET,
        url: URL_TEXT,
        count: z.number().int().min(1).max(1000).optional().describe('each over a connection of its own; default: 1'),
        method: z.string().optional(),
        headers: z.record(z.string(), z.string()).optional(),
        body: z.string().optional(),
        within: DURATION.optional().describe('how long one answer may take; default: 2s'),
      }),
      expect: z
        .strictObject({
          outcome: OUTCOME.optional().describe('of every request; default: answered'),
          status: z.number().int().optional(),
          body: TEXT_MATCHER.optional(),
          headers: z.record(z.string(), TEXT_MATCHER).optional(),
          distinct: z
            .record(z.string().regex(/^(body|header\.[\w-]+)$/, 'must be body or header.NAME'), NUMBER_MATCHER)
            .optional()
            .describe('how many different values: {header.x-pod: 3}'),
        })
        .optional(),
      as: AS,
    }),
    resolve: z.strictObject({
      ...LOOKING,
      resolve: z.strictObject({
        from: TARGET,
        name: z.string().min(1),
        type: z.enum(['A', 'AAAA', 'SRV', 'PTR', 'CNAME', 'TXT']).optional().describe('default: A'),
      }),
      expect: z
        .strictObject({
          status: DNS_STATUS.optional().describe('default: NOERROR'),
          answers: z.array(z.string()).optional().describe('the data of all records, in any order'),
        })
        .optional(),
      as: AS,
    }),
    exec: z.strictObject({
      ...LOOKING,
      exec: z.strictObject({ in: TARGET, command: COMMAND, stdin: z.string().optional() }),
      expect: COMMAND_EXPECT,
      as: AS,
    }),
    trace: z.strictObject({
      ...LOOKING,
      trace: z.union([
        z.strictObject({
          from: TARGET,
          to: z.string().min(1).describe('ADDRESS (a ping) or ADDRESS:PORT (a TCP connection)'),
          within: DURATION.optional().describe('how long the answer may take; default: 3s'),
        }),
        z.strictObject({
          of: z
            .string()
            .regex(/^\{\{.+\}\}$/, 'must be a trace that was bound by `as`, such as "{{ walk }}"')
            .describe('looks again at a trace that `as` has named'),
        }),
      ]),
      expect: z
        .strictObject({
          answered: z.boolean().optional().describe('default: true'),
          hops: z.array(HOP_MATCHER).optional().describe('these, in this order, others between them'),
          absent: z.array(HOP_MATCHER).optional().describe('no hop is like one of these'),
        })
        .optional(),
      as: AS,
    }),
    assert: z.strictObject({
      ...LOOKING,
      assert: z.union([z.strictObject({ object: ASSERTED }), z.strictObject({ objects: z.array(ASSERTED).min(1) })]),
    }),
    error: z.strictObject({
      ...COMMON,
      error: ERROR_STEP.describe('what must be refused'),
      expect: z.strictObject({ message: TEXT_MATCHER }),
    }),
    script: z.strictObject({
      ...COMMON,
      script: z.strictObject({
        content: z
          .string()
          .min(1)
          .describe(
            'for sh, on the user’s own machine; kubectl and podwire mean the lab there, $NAMESPACE the scenario’s',
          ),
        env: z.record(z.string().regex(/^[A-Za-z_]\w*$/, 'must be the name of a variable'), z.string()).optional(),
      }),
      expect: COMMAND_EXPECT,
      as: AS,
    }),
    proxyMode: z.strictObject({
      ...COMMON,
      proxyMode: PROXY_MODE,
      expect: z
        .strictObject({
          mode: z.enum(PROXY_MODES).optional().describe('default: the one asked for'),
          obstacle: TEXT_MATCHER.optional().describe('why it is not the one asked for'),
        })
        .optional(),
    }),
    fault: z.strictObject({
      ...COMMON,
      fault: z.union([
        z.strictObject({
          kubeProxy: z.string().min(1).describe('a node'),
          is: z
            .enum(['stopped', 'running'])
            .describe(
              'podwire kube-proxy: one that is stopped leaves its rules and follows nothing; started at the end',
            ),
        }),
        z
          .strictObject({
            link: TARGET,
            is: z.union([z.enum(['cut', 'whole']), LINK_SETTINGS]),
          })
          .describe('podwire link: what is wrong with the link of a node, host or pod from now on; healed at the end'),
      ]),
    }),
    ask: z.strictObject({
      ...COMMON,
      ask: z
        .strictObject({
          question: LOCALIZED,
          choices: z.array(LOCALIZED).min(2).max(9),
          answer: z.number().int().min(1).describe('which of the choices is right, counted from 1'),
          explain: LOCALIZED.optional().describe('why'),
        })
        .refine(({ answer, choices }) => answer <= choices.length, {
          path: ['answer'],
          error: 'must be the number of one of the choices',
        })
        .describe('a question to whoever walks through; headless it is shown with its answer'),
    }),
    try: z.strictObject({
      ...COMMON,
      try: z.array(nested).min(1).describe('steps that are played as one'),
      catch: z.array(nested).optional().describe('steps that are played when one of them fails; it stays failed'),
      finally: z.array(nested).optional().describe('steps that are played in any case'),
    }),
    load: z.strictObject({
      ...COMMON,
      load: z.strictObject({
        from: TARGET,
        url: URL_TEXT,
        while: z.array(nested).min(1).describe('the steps during which requests go on, one after another'),
      }),
      expect: z
        .strictObject({
          lost: NUMBER_MATCHER.optional().describe('requests that got no answer, or an error; default: 0'),
          total: NUMBER_MATCHER.optional(),
        })
        .optional(),
    }),
  };
}

/** For checking one step: nested steps are checked by the loader, each by its own verb. */
export const STEP_SCHEMAS = stepSchemas(z.unknown());

/** For the JSON Schema: any step, nested ones included. */
export const ANY_STEP: z.ZodType = z.lazy(() => {
  const [first, ...rest] = Object.values(stepSchemas(ANY_STEP));
  return z.union([first!, ...rest]);
});

export type Verb = keyof typeof STEP_SCHEMAS;
export const VERBS = Object.keys(STEP_SCHEMAS) as Verb[];

type Checked = { [V in Verb]: z.infer<(typeof STEP_SCHEMAS)[V]> };
type Steps = readonly AnyStep[];

/** The step of one verb. */
export type StepOf<V extends Verb> = V extends 'load'
  ? Omit<Checked['load'], 'load'> & {
      readonly load: Omit<Checked['load']['load'], 'while'> & { readonly while: Steps };
    }
  : V extends 'try'
    ? Omit<Checked['try'], 'try' | 'catch' | 'finally'> & {
        readonly try: Steps;
        readonly catch: Steps;
        readonly finally: Steps;
      }
    : Checked[V];
export type AnyStep = { [V in Verb]: { readonly verb: V; readonly step: StepOf<V> } }[Verb];
