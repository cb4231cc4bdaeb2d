/** P1, P3, P11: whole processes of the built program. */
import { spawn } from 'node:child_process';
import { notBuilt, podwire } from '../bench-lab.ts';
import type { Benchmark, Sample } from '../benchmark.ts';
import { inTurns, timed } from '../measure.ts';

export const labCycle: Benchmark = {
  name: 'lab-cycle',
  targets: ['P1', 'P3'],
  title: '`podwire up` and `down` of the default lab, start of the process to its end',
  unit: 'pods',
  async run(context) {
    const missing = notBuilt(context);
    if (missing.length > 0) return { samples: [], missing };
    const name = `${context.prefix}-lab`;
    const rounds = { most: context.isQuick ? 2 : 5, budgetMs: 60_000 };
    context.progress('lab-cycle: up and down');
    try {
      const times = await inTurns(context, rounds, {
        up: () => timed(() => podwire(context, 'up', '--name', name)),
        status: () => timed(() => podwire(context, 'status', '--name', name)),
        down: () => timed(() => podwire(context, 'down', '--name', name)),
      });
      const samples: Sample[] = [
        { label: 'podwire up', size: 0, values: times.up!, limit: 800 },
        { label: 'podwire status', size: 0, values: times.status!, limit: 150 },
        { label: 'podwire down', size: 0, values: times.down! },
      ];
      return { samples, missing };
    } finally {
      await podwire(context, 'down', '--name', name);
    }
  },
};

export const cliStart: Benchmark = {
  name: 'cli-start',
  targets: ['P11'],
  title: 'Start of the command line',
  unit: '',
  async run(context) {
    const missing = notBuilt(context);
    if (missing.length > 0) return { samples: [], missing };
    context.progress('cli-start');
    const empty = () =>
      new Promise<void>((resolve, reject) => {
        spawn(process.execPath, ['-e', '0'], { stdio: 'ignore' })
          .on('error', reject)
          .on('close', () => resolve());
      });
    const times = await inTurns(
      context,
      { most: context.isQuick ? 5 : 20, budgetMs: 20_000 },
      {
        help: () => timed(() => podwire(context, '--help')),
        node: () => timed(empty),
      },
    );
    const targets = [{ against: 'node -e 0', bound: undefined }];
    return {
      samples: [
        { label: 'podwire --help', size: 0, values: times.help!, limit: 80, targets },
        { label: 'node -e 0', size: 0, values: times.node! },
      ],
      missing,
    };
  },
};
