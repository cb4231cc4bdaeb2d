/** The step `load`: requests without pause while other steps are played. The engine plays those; here are the requests. */
import type { StepOf } from '../definition/steps.ts';
import { checkNumber, plural } from '../match.ts';
import { type Judge, type StepContext, targetOf } from '../step-context.ts';
import { type HttpResponse, sendRequests } from './http-requests.ts';
import { describeResponse } from './response-claims.ts';

const WITHIN_MS = 2_000;
/** Requests of one curl. */
const AT_A_TIME = 20;

export interface Requested {
  readonly total: number;
  /** Those that got no answer, or an error. */
  readonly lost: readonly HttpResponse[];
}

/** Requests without pause until `stopped`; how many there were and which were lost. */
export async function keepRequesting(
  { from, url }: { readonly from: string; readonly url: string },
  context: StepContext,
  stopped: AbortSignal,
): Promise<Requested> {
  const target = await targetOf(from, context);
  const withinMs = WITHIN_MS * context.patience;
  const lost: HttpResponse[] = [];
  let total = 0;
  while (!stopped.aborted) {
    const responses = await sendRequests(context.lab, target, { url, count: AT_A_TIME, withinMs });
    total += responses.length;
    lost.push(...responses.filter(({ outcome, status }) => outcome !== 'answered' || status >= 500));
  }
  return { total, lost };
}

/** Where no request was made, none was lost. */
export const LOAD: Judge<Pick<StepOf<'load'>, 'expect'>, Requested> = {
  judge: ({ expect }, { total, lost }) => {
    const [first] = lost;
    const why = first === undefined ? '' : `; the first: ${describeResponse(first)}`;
    return {
      checks: [
        ...checkNumber('requests lost', expect?.lost ?? 0, lost.length).map((check) => ({
          ...check,
          observed: `${check.observed} of ${plural(total, 'request')}${why}`,
        })),
        ...checkNumber('requests made', expect?.total ?? { min: 1 }, total).map((check) => ({
          ...check,
          ...(expect?.total === undefined ? { implied: true } : {}),
        })),
      ],
    };
  },
};
