/** The steps that run a program somewhere in the lab: exec, and resolve (a DNS question by dig). */
import type { StepOf } from '../definition/steps.ts';
import type { Check } from '../events.ts';
import { checkText } from '../match.ts';
import { type Performer, targetOf } from '../step-context.ts';
import { checkExit, printed } from './kubectl-call.ts';
import { withJson } from './look-steps.ts';
import { shellWord } from './shell-word.ts';

const EXEC_TIMEOUT_MS = 15_000;

export const EXEC: Performer<StepOf<'exec'>> = {
  command: ({ exec }) => ({ where: exec.in, text: commandLine(exec.command) }),
  attempt: async ({ exec, expect }, context) => {
    await context.lab.programmed();
    const argv = exec.command.map(String) as [string, ...string[]];
    const result = await context.lab.exec(await targetOf(exec.in, context), argv, {
      timeoutMs: EXEC_TIMEOUT_MS,
      ...(exec.stdin === undefined ? {} : { stdin: exec.stdin }),
    });
    return {
      output: printed(result),
      checks: [
        checkExit(result, expect?.exitCode),
        ...checkText('stdout', expect?.stdout, result.stdout),
        ...checkText('stderr', expect?.stderr, result.stderr),
      ],
      result: withJson(result),
    };
  },
  repeats: ({ expect }) => expect !== undefined,
};

export const RESOLVE: Performer<StepOf<'resolve'>> = {
  command: ({ resolve }) => ({
    where: resolve.from,
    text: ['dig', '+search', resolve.name, resolve.type ?? 'A'].map(shellWord).join(' '),
  }),
  attempt: async ({ resolve, expect }, context) => {
    await context.lab.programmed();
    const argv = ['dig', '+search', '+tries=1', '+time=2', resolve.name, resolve.type ?? 'A'] as const;
    const { stdout } = await context.lab.exec(await targetOf(resolve.from, context), [...argv], {
      timeoutMs: EXEC_TIMEOUT_MS,
    });
    const answer = readDig(stdout);
    const lines = answer.records.map(({ name, type, data }) => `${name} ${type} ${data}`);
    return {
      output: [answer.status, ...lines].join('\n'),
      checks: resolveChecks(answer, expect ?? {}),
      result: answer,
    };
  },
  repeats: () => true,
};

/** As it would be typed: what `sh -c` is given is itself a command line. */
function commandLine(command: readonly (string | number)[]): string {
  const [shell, option, script] = command;
  if (shell === 'sh' && option === '-c' && command.length === 3) return String(script);
  return command.map(shellWord).join(' ');
}

export interface DnsAnswer {
  /** `NOERROR`, `NXDOMAIN`, …; `no answer` when none came. */
  readonly status: string;
  readonly records: readonly { readonly name: string; readonly type: string; readonly data: string }[];
}

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

function resolveChecks(answer: DnsAnswer, expect: NonNullable<StepOf<'resolve'>['expect']>): Check[] {
  const status = expect.status ?? 'NOERROR';
  const checks: Check[] = [{ expected: status, observed: answer.status, held: answer.status === status }];
  if (expect.answers === undefined) return checks;
  const wanted = expect.answers.toSorted().join(', ');
  const got = answer.records.map(({ data }) => data).toSorted();
  checks.push({
    expected: `answers: ${wanted === '' ? 'none' : wanted}`,
    observed: got.join(', ') || 'none',
    held: got.join(', ') === wanted,
  });
  return checks;
}
