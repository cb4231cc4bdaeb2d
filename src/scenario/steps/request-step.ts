/** The step `request`: HTTP from somewhere in the lab, and what must come back. */
import { milliseconds } from '../definition/scenario.ts';
import type { StepOf } from '../definition/steps.ts';
import { type CommandLine, type Performer, programmed, targetOf } from '../step-context.ts';
import { type HttpResponse, sendRequests } from './http-requests.ts';
import { responseChecks, showResponses } from './response-claims.ts';
import { shellWord } from './shell-word.ts';

const DEFAULT_WITHIN_MS = 2_000;

export const REQUEST: Performer<StepOf<'request'>, readonly HttpResponse[]> = {
  command: ({ request }): CommandLine => {
    const curl = ['curl', ...(request.method ? ['-X', request.method] : []), request.url].map(shellWord).join(' ');
    const count = request.count ?? 1;
    return { where: request.from, text: count === 1 ? curl : `for i in $(seq ${count}); do ${curl}; done` };
  },
  observe: async ({ request }, context) => {
    await programmed(context);
    return await sendRequests(context.lab, await targetOf(request.from, context), {
      url: request.url,
      count: request.count ?? 1,
      withinMs: request.within === undefined ? DEFAULT_WITHIN_MS : milliseconds(request.within),
      ...(request.method === undefined ? {} : { method: request.method }),
      ...(request.headers === undefined ? {} : { headers: request.headers }),
      ...(request.body === undefined ? {} : { body: request.body }),
    });
  },
  judge: ({ expect }, responses) => ({
    output: showResponses(responses),
    checks: responseChecks(expect ?? {}, responses),
    result: { ...responses[0], responses },
  }),
  repeats: () => true,
};
