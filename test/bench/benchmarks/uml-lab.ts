/** P12: the default lab inside User-mode Linux. */
import { isInstalled } from '../../../src/kernel/packages.ts';
import { notBuilt, podwire } from '../bench-lab.ts';
import type { Benchmark, MissingPeer } from '../benchmark.ts';
import { inTurns, timed } from '../measure.ts';

const UML: MissingPeer = {
  name: 'linux.uml',
  why: 'User-mode Linux is not installed',
  install: 'apt-get install user-mode-linux',
};

export const umlLab: Benchmark = {
  name: 'uml-lab',
  targets: ['P12'],
  title: '`podwire up --kernel uml`, a program in it, and `down`; start of the process to its end',
  unit: '',
  async run(context) {
    const missing = [...notBuilt(context), ...(isInstalled('linux.uml') ? [] : [UML])];
    if (missing.length > 0) return { samples: [], missing };
    const name = ['--name', `${context.prefix}-uml`];
    context.progress('uml-lab: up, exec and down');
    try {
      const times = await inTurns(
        context,
        { most: context.isQuick ? 1 : 3, budgetMs: 90_000 },
        {
          up: () => timed(() => podwire(context, 'up', ...name, '--kernel', 'uml')),
          exec: () => timed(() => podwire(context, 'exec', ...name, 'node-1', '--', 'true')),
          down: () => timed(() => podwire(context, 'down', ...name)),
        },
      );
      const samples = [
        { label: 'podwire up --kernel uml', size: 0, values: times.up!, limit: 6000 },
        { label: 'podwire exec … true', size: 0, values: times.exec! },
        { label: 'podwire down', size: 0, values: times.down! },
      ];
      return { samples, missing };
    } finally {
      await podwire(context, 'down', ...name);
    }
  },
};
