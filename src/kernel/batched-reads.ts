/** Looks at one namespace, gathered: what is asked for in the same moment runs in one shell, since a process a look is what looking costs. */
import { randomBytes } from 'node:crypto';
import type { Kernel, Netns, ReadResult } from './kernel.ts';
import { shellWord } from './shell-text.ts';

export type Argv = readonly [string, ...string[]];

interface Asked {
  readonly argv: Argv;
  readonly answer: PromiseWithResolvers<ReadResult>;
}

/** A reader of programs in `netns`; a non-zero exit is returned, not thrown. Standard error of all stands together. */
export function batchedReads(kernel: Pick<Kernel, 'read'>, netns: Netns): (argv: Argv) => Promise<ReadResult> {
  let waiting: Asked[] = [];
  const run = async (asked: readonly Asked[]): Promise<void> => {
    try {
      const results = await readAll(
        kernel,
        netns,
        asked.map(({ argv }) => argv),
      );
      for (const [index, { answer }] of asked.entries()) answer.resolve(results[index]!);
    } catch (error) {
      for (const { answer } of asked) answer.reject(error);
    }
  };
  return (argv) => {
    const answer = Promise.withResolvers<ReadResult>();
    waiting.push({ argv, answer });
    if (waiting.length === 1) {
      // Behind the microtasks of this turn, in which the others ask.
      setImmediate(() => {
        const asked = waiting;
        waiting = [];
        void run(asked);
      });
    }
    return answer.promise;
  };
}

async function readAll(kernel: Pick<Kernel, 'read'>, netns: Netns, commands: readonly Argv[]): Promise<ReadResult[]> {
  const [only] = commands;
  if (commands.length === 1 && only !== undefined) return [await kernel.read(netns, only)];
  const mark = `@${randomBytes(8).toString('hex')}@`;
  const script = commands
    .map((argv) => `${argv.map(shellWord).join(' ')} </dev/null\nprintf '${mark}%d\\n' $?\n`)
    .join('');
  const { stdout, stderr } = await kernel.read(netns, ['sh', '-s'], script);
  const parts = stdout.split(mark);
  return commands.map((argv, index) => {
    const exitCode = /^\d+/.exec(parts[index + 1] ?? '')?.[0];
    if (exitCode === undefined) throw new Error(`${argv.join(' ')}: the shell ended before it: ${stderr.trim()}`);
    const output = parts[index]!;
    return { exitCode: Number(exitCode), stdout: index === 0 ? output : output.replace(/^\d+\n/, ''), stderr };
  });
}
