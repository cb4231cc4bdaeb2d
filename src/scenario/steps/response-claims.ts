/** What is claimed of HTTP answers: that they came, what they say, how many differ. Pure. */
import type { NumberMatcher, Outcome } from '../definition/matchers.ts';
import type { StepOf } from '../definition/steps.ts';
import type { Check } from '../events.ts';
import { checkNumber, checkText } from '../match.ts';
import type { HttpResponse } from './http-requests.ts';

type Expect = NonNullable<StepOf<'request'>['expect']>;

/** One answer as it came; of many, how many gave which. */
export function showResponses(responses: readonly HttpResponse[]): string {
  const [first] = responses;
  if (first !== undefined && responses.length === 1) {
    return first.outcome === 'answered' ? `HTTP ${first.status}\n${first.body.trimEnd()}` : describeResponse(first);
  }
  return tally(responses.map((response) => describeResponse(response)))
    .map(([text, count]) => `${String(count).padStart(4)} × ${text}`)
    .join('\n');
}

/** The checks of a request: every answer must be as expected. */
export function responseChecks(expect: Expect, responses: readonly HttpResponse[]): Check[] {
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
    ...Object.entries(expect.distinct ?? {}).flatMap(([part, matcher]) => distinctChecks(part, matcher, responses)),
  ];
}

/** How many different values a part of the answers has; one that has it not has no value. */
function distinctChecks(part: string, matcher: NumberMatcher, responses: readonly HttpResponse[]): Check[] {
  const values = responses.map((response) => partOf(response, part));
  const given = values.filter((value) => value !== undefined);
  return checkNumber(`different values of ${part}`, matcher, new Set(given).size).map((check) => ({
    ...check,
    observed: `${check.observed} (${counts(values.map((value) => value ?? 'absent'))})`,
    held: check.held && given.length === values.length,
  }));
}

/** The same checks of every response become one each: the first that did not hold, or any. */
function worst(checks: readonly (readonly Check[])[]): Check[] {
  return (checks[0] ?? []).map((check, index) => checks.find((one) => !one[index]!.held)?.[index] ?? check);
}

/** `HTTP 200 from web-1 on node-2`, or what came instead of an answer. */
export function describeResponse(response: HttpResponse): string {
  if (response.outcome !== 'answered') return `${response.outcome}${response.problem ? ` (${response.problem})` : ''}`;
  const pod = response.headers['x-pod'];
  return `HTTP ${response.status}${pod === undefined ? '' : ` from ${pod} on ${response.headers['x-node'] ?? '?'}`}`;
}

function partOf(response: HttpResponse, part: string): string | undefined {
  return part === 'body' ? response.body.trim() : response.headers[part.slice('header.'.length).toLowerCase()];
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
