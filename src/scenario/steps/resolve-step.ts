/** The step `resolve`: a DNS question, asked by dig. */
import type { StepOf } from '../definition/steps.ts';
import type { Check } from '../events.ts';
import { type Performer, programmed, targetOf } from '../step-context.ts';
import { shellWord } from './shell-word.ts';

const DIG_TIMEOUT_MS = 15_000;

export interface DnsAnswer {
  /** `NOERROR`, `NXDOMAIN`, …; `no answer` when none came. */
  readonly status: string;
  readonly records: readonly { readonly name: string; readonly type: string; readonly data: string }[];
}

export const RESOLVE: Performer<StepOf<'resolve'>, DnsAnswer> = {
  command: ({ resolve }) => ({
    where: resolve.from,
    text: ['dig', '+search', resolve.name, resolve.type ?? 'A'].map(shellWord).join(' '),
  }),
  observe: async ({ resolve }, context) => {
    await programmed(context);
    const argv = ['dig', '+search', '+tries=1', '+time=2', resolve.name, resolve.type ?? 'A'] as const;
    const { stdout } = await context.lab.exec(await targetOf(resolve.from, context), [...argv], {
      timeoutMs: DIG_TIMEOUT_MS,
    });
    return readDig(stdout);
  },
  judge: ({ expect }, answer) => {
    const lines = answer.records.map(({ name, type, data }) => `${name} ${type} ${data}`);
    return { output: [answer.status, ...lines].join('\n'), checks: answerChecks(answer, expect), result: answer };
  },
  repeats: () => true,
};

/** Reads what dig prints: the status of the header, the records of the answer section. */
export function readDig(text: string): DnsAnswer {
  const status = /->>HEADER<<-.*status: (\w+)/.exec(text)?.[1] ?? 'no answer';
  const section = /;; ANSWER SECTION:\n((?:.+\n)*)/.exec(text)?.[1] ?? '';
  const records = section.split('\n').flatMap((line) => {
    const [, name, type, data] = /^(\S+)\s+\d+\s+IN\s+(\S+)\s+(.+)$/.exec(line) ?? [];
    return name === undefined ? [] : [{ name, type: type!, data: data! }];
  });
  return { status, records };
}

function answerChecks({ status, records }: DnsAnswer, expect: StepOf<'resolve'>['expect'] = {}): Check[] {
  const expected = expect.status ?? 'NOERROR';
  const checks: Check[] = [{ expected, observed: status, held: status === expected }];
  if (expect.answers === undefined) return checks;
  const listed = (data: readonly string[]): string => data.toSorted().join(', ');
  const wanted = listed(expect.answers);
  const got = listed(records.map(({ data }) => data));
  checks.push({ expected: `answers: ${wanted || 'none'}`, observed: got || 'none', held: got === wanted });
  return checks;
}
