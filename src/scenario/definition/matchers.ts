/** The schemas of what a scenario can expect of a text, a number, a hop: the words of `expect`. */
import { z } from 'zod';
import { CAPABILITY_IDS } from '../../kernel/capability-probes.ts';
import { PROXY_MODES } from '../../objects/proxy-mode.ts';

/** A text in which `problem` finds nothing; what it finds is the message. */
export function checked(problem: (text: string) => string | undefined): z.ZodString {
  return z.string().superRefine((text, context) => {
    const message = problem(text);
    if (message !== undefined) context.addIssue({ code: 'custom', message });
  });
}

/** Narration and titles: one text for all, or one per language. */
export const LOCALIZED = z
  .union([z.string().min(1), z.strictObject({ en: z.string().min(1), zh: z.string().min(1).optional() })])
  .describe('a text, or one per language: {en: …, zh: …}');
export type Localized = z.infer<typeof LOCALIZED>;

const A_DURATION = 'must be a duration such as 500ms, 10s or 2m';

export const DURATION = z
  .string(A_DURATION)
  .regex(/^\d+(ms|s|m)$/, A_DURATION)
  .describe('a duration: 500ms, 10s, 2m');

/** A regular expression (ECMAScript, flag m). What its bindings will be is not known: they stand for a text that is one. */
export const PATTERN = checked((pattern) => {
  try {
    new RegExp(pattern.replaceAll(/\{\{.*?\}\}/g, '0'), 'm');
    return undefined;
  } catch (error) {
    return `is no regular expression: ${(error as Error).message.split(': ').at(-1)}`;
  }
});

/** Every text contains the empty one. */
const PART = z.string().min(1);
const TEXTS = z.union([PART, z.array(PART).min(1)]);

/** What expects nothing would hold of everything. */
const claims = (matcher: object): boolean => Object.keys(matcher).length > 0;

/** A bare string must be the whole text, spaces around it aside. */
export const TEXT_MATCHER = z
  .union([
    z.string(),
    z.number(),
    z
      .strictObject({
        equals: z.string().optional(),
        contains: TEXTS.optional().describe('every one of these occurs'),
        lacks: TEXTS.optional().describe('none of these occurs'),
        matches: PATTERN.optional().describe('a regular expression, tried on the whole text (flag m)'),
        lines: z.number().int().min(0).optional().describe('how many lines are not empty'),
      })
      .refine(claims, 'expects nothing: name one of equals, contains, lacks, matches, lines'),
  ])
  .describe('the whole text, or {equals, contains, lacks, matches, lines}');
export type TextMatcher = z.infer<typeof TEXT_MATCHER>;

/** A number, a text that becomes one once its bindings are filled in, or bounds. */
export const NUMBER_MATCHER = z
  .union([
    z.number(),
    z.string().regex(/^\{\{.+\}\}$/, 'must be a number, or {min, max}'),
    z
      .strictObject({ min: z.number().optional(), max: z.number().optional() })
      .refine(claims, 'expects nothing: name min, max or both')
      .refine(({ min, max }) => min === undefined || max === undefined || min <= max, 'min is more than max'),
  ])
  .describe('a number, or {min, max}');
export type NumberMatcher = z.infer<typeof NUMBER_MATCHER>;

const ENDS = {
  source: z.string().optional().describe('address, or address:port'),
  destination: z.string().optional().describe('address, or address:port'),
};

const ACTION = z.enum(['DNAT', 'SNAT']);

/** One expected hop of a trace: every field given must fit. */
export const HOP_MATCHER = z
  .strictObject({
    host: z.string().optional().describe('node, pod, fabric host, or `underlay`'),
    device: z.string().optional().describe('name of the device; * stands for any characters'),
    direction: z.enum(['in', 'out']).optional(),
    way: z.enum(['there', 'back']).optional().describe('default: there; among `absent`: either'),
    protocol: z.enum(['TCP', 'UDP', 'ICMP', 'VXLAN']).optional().describe('VXLAN: the packet is encapsulated here'),
    ...ENDS,
    outer: z
      .strictObject({ ...ENDS, vni: z.number().int().optional() })
      .optional()
      .describe('the VXLAN packet around it'),
    frame: z.strictObject(ENDS).optional().describe('MAC addresses of the frame inside the VXLAN packet'),
    action: z
      .union([ACTION, z.array(ACTION).min(1)])
      .optional()
      .describe('what conntrack did to it just before this hop: DNAT, SNAT, or [DNAT, SNAT]'),
  })
  .refine(claims, 'expects nothing: name host, device, …');
export type HopMatcher = z.infer<typeof HOP_MATCHER>;

export const OUTCOME = z.enum(['answered', 'refused', 'timeout', 'unreachable']);
export type Outcome = z.infer<typeof OUTCOME>;

export const PROXY_MODE_LIST = z.array(z.enum(PROXY_MODES)).min(1);

const CAPABILITIES = z.array(z.enum(CAPABILITY_IDS)).min(1);

/** Of the kernel the lab stands in. */
export const REQUIRES = z
  .strictObject({
    has: CAPABILITIES.optional().describe('it can do all of these'),
    lacks: CAPABILITIES.optional().describe('it can do none of these'),
  })
  .describe(
    'capabilities of the lab’s kernel, as `podwire check -o json` names them; passed over where it is otherwise',
  );
