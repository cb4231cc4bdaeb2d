/** P13: programs run in a pod through the API, one after another and many at once. */
import { notBuilt, withLab } from '../bench-lab.ts';
import type { Benchmark, BenchmarkContext } from '../benchmark.ts';
import { type ExecInPod, execClient } from '../exec-client.ts';
import { inTurns, timed } from '../measure.ts';

const POD = 'shell';
const COMMAND = ['true'];
const AT_ONCE = 15;
const TURNS_OF_EACH = 4;

const MANIFEST = JSON.stringify({
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: { name: POD },
  spec: { containers: [{ name: 'main', image: 'busybox', command: ['sleep', 'infinity'] }] },
});

export const exec: Benchmark = {
  name: 'exec',
  targets: ['P13'],
  title: '`true` in a pod through the API: WebSocket over TLS, opening of the connection to the exit code',
  unit: 'at once',
  async run(context) {
    const missing = notBuilt(context);
    if (missing.length > 0) return { samples: [], missing };
    return await withLab(context, {}, async (lab) => {
      for (const args of [
        ['apply', '-f', '-'],
        ['wait', '--for=condition=Ready', `pod/${POD}`],
      ]) {
        const { exitCode, stderr } = await lab.kubectl(args, MANIFEST);
        if (exitCode !== 0) throw new Error(`kubectl ${args[0]} failed: ${stderr.trim()}`);
      }
      const run = succeeding(await execClient(lab));
      await run();
      context.progress('exec');
      const rounds = { most: context.isQuick ? 10 : 40, budgetMs: 30_000 };
      const times = await inTurns(context, rounds, {
        alone: () => timed(run),
        together: () => timed(() => together(context, run)),
        bare: () => timed(() => bareProcess(context)),
        kubectl: () => timed(() => lab.kubectl(['exec', POD, '--', ...COMMAND])),
      });
      const eachOf = times.together!.map((ms) => ms / (AT_ONCE * TURNS_OF_EACH));
      const bare = [{ against: 'a process of the host', bound: undefined }];
      return {
        samples: [
          { label: 'one after another, each', size: 1, values: times.alone!, limit: 10, targets: bare },
          { label: 'a process of the host', size: 1, values: times.bare! },
          { label: 'kubectl exec, its start included', size: 1, values: times.kubectl! },
          { label: 'many at once, each', size: AT_ONCE, values: eachOf, limit: 5 },
        ],
        missing,
        notes: ['5 ms each are 200 a second; "a process of the host" is `true` started and awaited by Node.'],
      };
    });
  },
};

function succeeding(execInPod: ExecInPod): () => Promise<void> {
  return async () => {
    const code = await execInPod(POD, COMMAND);
    if (code !== 0) throw new Error(`${COMMAND.join(' ')} ended with ${code}`);
  };
}

async function together({ signal }: BenchmarkContext, run: () => Promise<void>): Promise<void> {
  let left = AT_ONCE * TURNS_OF_EACH;
  const work = async () => {
    while (left > 0 && !signal.aborted) {
      left -= 1;
      await run();
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, work));
}

async function bareProcess({ kernel }: BenchmarkContext): Promise<void> {
  await kernel.spawn('', ['true'], { stdio: ['ignore', 'ignore', 'ignore'] }).exited;
}
