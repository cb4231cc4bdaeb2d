/** P1, P3, P11: whole processes of the built program. */
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { Benchmark, BenchmarkContext, MissingPeer, Sample } from '../benchmark.ts';
import { inTurns, timed } from '../measure.ts';

const TIMEOUT_MS = 60_000;

/** Runs `dist/podwire.js` to its end. Throws with its stderr when it fails. */
function podwire(context: BenchmarkContext, ...args: string[]): Promise<void> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [join(context.root, 'dist/podwire.js'), ...args], {
      stdio: ['ignore', 'ignore', 'pipe'],
      timeout: TIMEOUT_MS,
    });
    let stderr = '';
    child.stderr.on('data', (data) => {
      stderr += data;
    });
    child.on('error', reject);
    child.on('close', (code) => {
      if (code === 0) resolve();
      else reject(new Error(`podwire ${args.join(' ')} ended with ${code}: ${stderr.trim()}`));
    });
  });
}

function notBuilt(context: BenchmarkContext): MissingPeer[] {
  if (existsSync(join(context.root, 'dist/podwire.js'))) return [];
  return [{ name: 'dist/podwire.js', why: 'the program is not built', install: 'npm run build' }];
}

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
        { label: 'podwire up', size: 0, ms: times.up!, limitMs: 800 },
        { label: 'podwire status', size: 0, ms: times.status!, limitMs: 150 },
        { label: 'podwire down', size: 0, ms: times.down!, limitMs: 300 },
      ];
      return { samples, missing, notes: ['The bound of `down` is that of 100 pods; this lab has none but its own.'] };
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
        { label: 'podwire --help', size: 0, ms: times.help!, limitMs: 80, targets },
        { label: 'node -e 0', size: 0, ms: times.node! },
      ],
      missing,
    };
  },
};
