/** False claims of the steps that ask the network, or change it. */
import { PROXY_MODES } from '../../../src/objects/proxy-mode.ts';
import { OUTCOME } from '../../../src/scenario/definition/matchers.ts';
import type { StepOf } from '../../../src/scenario/definition/steps.ts';
import type { HttpResponse } from '../../../src/scenario/steps/http-requests.ts';
import type { DnsAnswer } from '../../../src/scenario/steps/resolve-step.ts';
import type { Hop } from '../../../src/walk/hops.ts';
import { ofAbsent, ofHops } from './hops.ts';
import { expecting, inEach, inEntries, type Mutant, mutant, NOWHERE, within } from './mutant.ts';
import { ofNumber, ofText } from './values.ts';

const OTHER_ADDRESS = '203.0.113.250';

/** Of HTTP: another outcome, status, text, header or number of different answers. */
export function ofRequest(step: StepOf<'request'>, responses: readonly HttpResponse[]): Mutant<unknown>[] {
  const { outcome = 'answered', status, body, headers, distinct } = step.expect ?? {};
  const [first] = responses;
  return expecting(step, {
    outcome: OUTCOME.options.filter((one) => one !== outcome).map((one) => mutant('expect.outcome', one)),
    status: status === undefined ? [] : [mutant('expect.status', status + 1), mutant('expect.status', 0)],
    body: body === undefined ? [] : ofText(body, 'expect.body', first?.body ?? ''),
    headers:
      headers === undefined
        ? []
        : [
            ...Object.entries(headers).flatMap(([name, matcher]) =>
              within(ofText(matcher, `expect.headers.${name}`, first?.headers[name.toLowerCase()] ?? ''), (part) => ({
                ...headers,
                [name]: part,
              })),
            ),
            ...renamed(headers, 'expect.headers', (name) => `${name}-${NOWHERE}`),
          ],
    distinct:
      distinct === undefined
        ? []
        : [
            ...inEntries(distinct, 'expect.distinct', ofNumber),
            ...renamed(distinct, 'expect.distinct', () => `header.${NOWHERE}`),
          ],
  });
}

function renamed<T>(
  mapping: Readonly<Record<string, T>>,
  where: string,
  rename: (name: string) => string,
): Mutant<Record<string, T>>[] {
  const entries = Object.entries(mapping);
  return entries.map(([key, value], index) => ({
    what: `${where}: ${key} → ${rename(key)}`,
    claim: Object.fromEntries(entries.with(index, [rename(key), value])),
  }));
}

/** Of a DNS question: another status; other answers, one more, one less. */
export function ofResolve(step: StepOf<'resolve'>, { status }: DnsAnswer): Mutant<unknown>[] {
  const answers = step.expect?.answers;
  return expecting(step, {
    status: ['NOERROR', 'NXDOMAIN', 'SERVFAIL', NOWHERE]
      .filter((one) => one !== status)
      .map((one) => mutant('expect.status', one)),
    answers:
      answers === undefined
        ? []
        : [
            ...inEach(answers, 'expect.answers', (one, at) => [mutant(at, `${one}${NOWHERE}`)]),
            mutant('expect.answers', [...answers, OTHER_ADDRESS]),
            ...(answers.length === 0 ? [] : [mutant('expect.answers', answers.slice(1))]),
          ],
  });
}

/** Of a walk: an answer, or none; other hops. */
export function ofTrace(
  step: StepOf<'trace'>,
  { answered, hops: seen }: { readonly answered: boolean; readonly hops: readonly Hop[] },
): Mutant<unknown>[] {
  const { hops = [], absent = [], answered: wanted } = step.expect ?? {};
  // Who looks again at a walk need not claim again that it was answered.
  const claimed = !('of' in step.trace) || wanted !== undefined;
  return expecting(step, {
    answered: claimed ? [mutant('expect.answered', !answered)] : [],
    hops: ofHops(hops, 'expect.hops'),
    absent: ofAbsent(
      absent,
      'expect.absent',
      seen.map(({ point }) => point.host),
    ),
  });
}

/** Of a load: another number of requests, lost or made. */
export function ofLoad(step: StepOf<'load'>): Mutant<unknown>[] {
  return expecting(step, {
    lost: ofNumber(step.expect?.lost ?? 0, 'expect.lost'),
    total: ofNumber(step.expect?.total ?? { min: 1 }, 'expect.total'),
  });
}

/** Of kube-proxy's backend: another one, another scheduler or obstacle, or that of a node that is not. */
export function ofProxyMode(
  step: StepOf<'proxyMode'>,
  backends: readonly { readonly obstacle?: string }[],
): Mutant<unknown>[] {
  const { proxyMode, expect = {} } = step;
  const obstacle = backends.map((backend) => backend.obstacle ?? '').join('\n');
  const modes = PROXY_MODES.filter((mode) => mode !== (expect.mode ?? proxyMode.mode));
  const others = [
    { ...proxyMode, node: NOWHERE },
    ...(proxyMode.scheduler === undefined ? [] : [{ ...proxyMode, scheduler: NOWHERE }]),
    ...(expect.mode === undefined ? modes.map((mode) => ({ ...proxyMode, mode })) : []),
  ];
  return [
    ...within(
      others.map((other) => mutant('proxyMode', other)),
      (part) => ({ ...step, proxyMode: part }),
    ),
    ...expecting(step, {
      mode: modes.map((mode) => mutant('expect.mode', mode)),
      obstacle: expect.obstacle === undefined ? [] : ofText(expect.obstacle, 'expect.obstacle', obstacle),
    }),
  ];
}

/** Of a link or a kube-proxy: another state. */
export function ofFault({ fault, ...step }: StepOf<'fault'>): Mutant<unknown>[] {
  if ('kubeProxy' in fault) {
    const is = fault.is === 'stopped' ? 'running' : 'stopped';
    return within([mutant('fault', { ...fault, is })], (part) => ({ ...step, fault: part }));
  }
  const { is } = fault;
  const others: unknown[] =
    typeof is === 'string'
      ? [is === 'cut' ? 'whole' : 'cut', { mtu: 77 }]
      : ['whole', { ...is, mtu: (is.mtu ?? 76) + 1 }, ...('rate' in is ? [{ ...is, rate: '77kbit' }] : [])];
  return within(
    others.map((other) => mutant('fault.is', other)),
    (part) => ({ ...step, fault: { ...fault, is: part } }),
  );
}
