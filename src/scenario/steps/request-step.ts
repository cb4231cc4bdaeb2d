/** The step `request`: HTTP from somewhere in the lab, and what must come back. */
import type { Outcome } from '../definition/matchers.ts';
import { milliseconds } from '../definition/scenario.ts';
import type { StepOf } from '../definition/steps.ts';
import type { Check } from '../events.ts';
import { checkNumber, checkText, plural } from '../match.ts';
import { type CommandLine, type Performer, type StepContext, targetOf } from '../step-context.ts';
import { type HttpResponse, sendRequests } from './http-requests.ts';
import { shellWord } from './shell-word.ts';

const DEFAULT_WITHIN_MS = 2_000;
type Expect = NonNullable<StepOf<'request'>['expect']>;

export const REQUEST: Performer<StepOf<'request'>> = {
  command: ({ request }): CommandLine => {
    const curl = ['curl', ...(request.method ? ['-X', request.method] : []), request.url].map(shellWord).join(' ');
    const count = request.count ?? 1;
    return { where: request.from, text: count === 1 ? curl : `for i in $(seq ${count}); do ${curl}; done` };
  },
  attempt: async (step, context) => {
    const { request, expect = {} } = step;
    await context.lab.programmed();
    const responses = await sendRequests(context.lab, await targetOf(request.from, context), {
      url: request.url,
      count: request.count ?? 1,
      withinMs: request.within === undefined ? DEFAULT_WITHIN_MS : milliseconds(request.within),
      ...(request.method === undefined ? {} : { method: request.method }),
      ...(request.headers === undefined ? {} : { headers: request.headers }),
      ...(request.body === undefined ? {} : { body: request.body }),
    });
    const [first] = responses;
    return {
      output: showResponses(responses),
      checks: responseChecks(expect, responses),
      result: { ...first, responses },
    };
  },
  repeats: () => true,
};

/** One answer as it came; of many, how many gave which. */
export function showResponses(responses: readonly HttpResponse[]): string {
  const [first] = responses;
  if (first !== undefined && responses.length === 1) {
    return first.outcome === 'answered' ? `HTTP ${first.status}\n${first.body.trimEnd()}` : describe(first);
  }
  return tally(responses.map((response) => describe(response)))
    .map(([text, count]) => `${String(count).padStart(4)} × ${text}`)
    .join('\n');
}

function responseChecks(expect: Expect, responses: readonly HttpResponse[]): Check[] {
  const outcome: Outcome = expect.outcome ?? 'answered';
  const all = responses.length === 1 ? 'the request' : `all ${responses.length} requests`;
  return [
    {
      expected: `${all}: ${outcome}`,
      observed: counts(responses.map((response) => response.problem ?? response.outcome)),
      held: responses.every((response) => response.outcome === outcome),
    },
    ...(expect.status === undefined
      ? []
      : [
          {
            expected: `status ${expect.status}`,
            observed: counts(responses.map(({ status }) => String(status))),
            held: responses.every(({ status }) => status === expect.status),
          },
        ]),
    ...worst(responses.map((response) => checkText('body', expect.body, response.body))),
    ...Object.entries(expect.headers ?? {}).flatMap(([name, matcher]) =>
      worst(responses.map(({ headers }) => checkText(`header ${name}`, matcher, headers[name.toLowerCase()] ?? ''))),
    ),
    ...Object.entries(expect.distinct ?? {}).flatMap(([part, matcher]) => {
      const values = responses.map((response) => partOf(response, part));
      return checkNumber(`different values of ${part}`, matcher, new Set(values).size).map((check) => ({
        ...check,
        observed: `${check.observed} (${counts(values)})`,
      }));
    }),
  ];
}

/** The same checks of every response become one each: the first that did not hold, or any. */
function worst(checks: readonly (readonly Check[])[]): Check[] {
  return (checks[0] ?? []).map((check, index) => checks.find((one) => !one[index]!.held)?.[index] ?? check);
}

function describe(response: HttpResponse): string {
  if (response.outcome !== 'answered') return `${response.outcome}${response.problem ? ` (${response.problem})` : ''}`;
  const pod = response.headers['x-pod'];
  return `HTTP ${response.status}${pod === undefined ? '' : ` from ${pod} on ${response.headers['x-node'] ?? '?'}`}`;
}

function partOf(response: HttpResponse, part: string): string {
  return part === 'body' ? response.body.trim() : (response.headers[part.slice('header.'.length).toLowerCase()] ?? '');
}

function tally(values: readonly string[]): [string, number][] {
  const tallied = new Map<string, number>();
  for (const value of values) tallied.set(value, (tallied.get(value) ?? 0) + 1);
  return [...tallied].sort(([a], [b]) => a.localeCompare(b));
}

/** `web-1 21, web-2 19`. */
function counts(values: readonly string[]): string {
  const tallied = tally(values);
  return tallied.map(([value, count]) => (values.length === 1 ? value : `${value} ${count} times`)).join(', ');
}

/** Requests without pause until `stopped`; how many there were and which were lost. */
export async function keepRequesting(
  step: StepOf<'load'>['load'],
  context: StepContext,
  stopped: AbortSignal,
): Promise<{ total: number; lost: HttpResponse[] }> {
  const target = await targetOf(step.from, context);
  const lost: HttpResponse[] = [];
  let total = 0;
  while (!stopped.aborted) {
    const request = { url: step.url, count: 20, withinMs: DEFAULT_WITHIN_MS };
    const responses = await sendRequests(context.lab, target, request);
    total += responses.length;
    lost.push(...responses.filter(({ outcome, status }) => outcome !== 'answered' || status >= 500));
  }
  return { total, lost };
}

/** What a load claims. */
export function loadChecks(step: StepOf<'load'>, { total, lost }: { total: number; lost: HttpResponse[] }): Check[] {
  const [first] = lost;
  const why = first === undefined ? '' : `; the first: ${describe(first)}`;
  const ofLost = checkNumber('requests lost', step.expect?.lost ?? 0, lost.length);
  return [
    ...ofLost.map((check) => ({ ...check, observed: `${check.observed} of ${plural(total, 'request')}${why}` })),
    ...checkNumber('requests made', step.expect?.total, total),
  ];
}
