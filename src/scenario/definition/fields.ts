/** The schemas of the fields that steps are made of; each refuses what a run would find unusable. */
import { z } from 'zod';
import { LabError } from '../../lab/lab-error.ts';
import { parseLinkSettings } from '../../lab/link-settings.ts';
import { IPVS_SCHEDULERS } from '../../objects/ipvs-scheduler.ts';
import { PROXY_MODES } from '../../objects/proxy-mode.ts';
import { pathProblem } from '../bindings.ts';
import { resourceNamed } from '../resource-words.ts';
import { checked, DURATION, LOCALIZED, PATTERN, PROXY_MODE_LIST, REQUIRES, TEXT_MATCHER } from './matchers.ts';

/** What is filled in later is looked at then. */
const isFilledIn = (text: string): boolean => text.includes('{{');

const KIND = checked((word) => problemOf(() => !isFilledIn(word) && resourceNamed(word)));
export const OBJECT = z.record(z.string(), z.unknown()).describe('a Kubernetes object');
export const TARGET = z
  .string()
  .min(1)
  .describe('a node, a fabric host such as client, or a pod: NAME or NAMESPACE/NAME');
export const ASSERTED = z
  .looseObject({ kind: KIND, metadata: z.looseObject({ name: z.string().min(1) }) })
  .describe('a Kubernetes object: its kind, its name, and the fields it must have');
export const EACH = OBJECT.refine(
  (tree) => Object.keys(tree).length > 0,
  'expects nothing: name fields that each must have',
).describe('each contains this');
/** `pod`, or `pod/NAME`. */
export const LISTED = checked((text) => problemOf(() => !isFilledIn(text) && resourceNamed(text.split('/')[0]!)));
export const RESOURCE = z
  .string()
  .regex(/^[a-z][a-z0-9.]*\/(\S+|.*\{\{.+\}\}.*)$/, 'must be KIND/NAME, such as service/nginx')
  .describe('KIND/NAME, such as service/nginx');
export const COMMAND = z
  .array(z.union([z.string(), z.number()]).describe('a text, quoted where YAML would read something else'))
  .min(1);
export const FILE = z.string().min(1).describe('a manifest, relative to the scenario');

export const COMMON = {
  narrate: LOCALIZED.optional().describe('what the step shows and why'),
  proxyModes: PROXY_MODE_LIST.optional().describe('the kube-proxy backends the step is for; default: the scenario’s'),
  requires: REQUIRES.optional(),
  timeout: DURATION.optional().describe('how long the step may take to hold; default: the scenario’s'),
};
/** What only looks can look again. */
export const LOOKING = {
  ...COMMON,
  consistently: DURATION.optional().describe('once it holds, it must go on to for so long'),
};
const NAME = z.string().regex(/^\w+$/, 'must be a name of letters, digits and _');
export const AS = z
  .union([NAME, z.record(NAME, z.union([checked(pathProblem), z.strictObject({ match: PATTERN })]))])
  .optional()
  .describe(
    'a name for the result; or names for parts of it: {name: path}, {name: {match: REGEX with one group}} in stdout',
  );

export const URL_TEXT = z.string().regex(/^(https?:\/\/|\{\{)/, 'must be a URL: http://HOST:PORT/PATH');
/** As dig prints them (RFC 1035, 4.1.1); the last when nobody answers. */
export const DNS_STATUS = z.enum(['NOERROR', 'FORMERR', 'SERVFAIL', 'NXDOMAIN', 'NOTIMP', 'REFUSED', 'no answer']);
export const APPLY = z
  .union([z.strictObject({ file: FILE }), z.strictObject({ objects: z.array(OBJECT).min(1) })])
  .describe('{file} or {objects}');
export const OUTPUT = z.strictObject({ stdout: TEXT_MATCHER.optional() }).optional();
export const COMMAND_EXPECT = z
  .strictObject({
    exitCode: z.number().int().optional().describe('default: 0'),
    stdout: TEXT_MATCHER.optional(),
    stderr: TEXT_MATCHER.optional(),
  })
  .optional();
export const PROXY_MODE = z
  .strictObject({
    mode: z.enum(PROXY_MODES),
    node: z.string().min(1).optional().describe('on this node alone; default: on all'),
    scheduler: z.enum(IPVS_SCHEDULERS).optional().describe('of mode ipvs; default: the present one'),
    strict: z.boolean().optional().describe('false: another mode where the kernel cannot do this one; default: true'),
  })
  .describe('podwire proxy-mode; the former backend comes back at the end');
export const ERROR_STEP = z.union([
  z.strictObject({ apply: APPLY }),
  z.strictObject({ kubectl: COMMAND.describe('arguments of kubectl') }),
  z.strictObject({ proxyMode: PROXY_MODE }),
]);
export const WAIT_STATE = z
  .string()
  .regex(/^(create|delete|condition=\w+(=\w+)?|jsonpath=\{.+\}=.*)$/, {
    error: 'must be create, delete, condition=NAME[=STATUS] or jsonpath={.PATH}=VALUE',
  })
  .refine((state) => isFilledIn(state) || jsonPathProblem(state) === undefined, {
    error: ({ input }) => jsonPathProblem(String(input)),
  })
  .describe('create, delete, condition=NAME[=STATUS] or jsonpath={.PATH}=VALUE');

/** What is wrong with a link. */
export const LINK_SETTINGS = z
  .strictObject({
    rate: z.string().optional().describe('500kbit, 10mbit, 1gbit'),
    mtu: z.number().int().optional().describe('bytes of the largest IP packet'),
    delay: z.string().optional().describe('50ms; needs netem'),
    jitter: z.string().optional(),
    loss: z.string().optional().describe('5%; needs netem'),
    reorder: z.string().optional(),
  })
  .superRefine((is, context) => {
    for (const { setting, message } of linkProblems(is))
      context.addIssue({ code: 'custom', path: setting === undefined ? [] : [setting], message });
  });

/** Why something throws; undefined when it does not. */
function problemOf(attempt: () => unknown): string | undefined {
  try {
    attempt();
    return undefined;
  } catch (error) {
    return error instanceof LabError ? error.why : (error as Error).message;
  }
}

/** The path in `jsonpath={.PATH}=VALUE`. */
function jsonPathProblem(state: string): string | undefined {
  const [, path] = /^jsonpath=\{\.?(.+)\}=/.exec(state) ?? [];
  return path === undefined ? undefined : pathProblem(path);
}

/** What is wrong with a link's settings, each by itself. */
function linkProblems(
  is: Readonly<Record<string, string | number | undefined>>,
): { setting?: string; message: string }[] {
  const settings = Object.entries(is).filter(([, value]) => value !== undefined);
  if (settings.length === 0) return [{ message: 'names what is wrong with the link: rate, mtu, delay, loss, …' }];
  return settings.flatMap(([setting, value]) => {
    const message = isFilledIn(String(value))
      ? undefined
      : problemOf(() => parseLinkSettings({ [setting]: String(value) }));
    return message === undefined ? [] : [{ setting, message }];
  });
}
