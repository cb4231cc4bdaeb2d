/** P14: the whole catalogue as `podwire run scenarios/` plays it, in each backend of kube-proxy. */
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { ProxyMode } from '../../../src/objects/proxy-mode.ts';
import { notBuilt, podwire } from '../bench-lab.ts';
import type { Benchmark, BenchmarkContext, Sample } from '../benchmark.ts';

/** Of the reporter `json`, what is used here. */
interface RunReport {
  readonly ms: number;
  readonly counts: Readonly<Record<'passed' | 'failed' | 'interrupted' | 'skipped', number>>;
  readonly scenarios: readonly {
    readonly name: string;
    readonly outcome: string;
    readonly ms?: number;
    readonly reason?: string;
  }[];
}

const MEDIAN_LIMIT_MS = 2_000;
const TOTAL_LIMIT_MS = 90_000;

export const catalogue: Benchmark = {
  name: 'catalogue',
  targets: ['P14'],
  title: '`podwire run scenarios/` in one backend: each scenario and exercise, and all of them, labs included',
  unit: '',
  async run(context) {
    const missing = notBuilt(context);
    if (missing.length > 0) return { samples: [], missing };
    const samples: Sample[] = [];
    const notes: string[] = [];
    for (const mode of context.isQuick ? context.modes.slice(0, 1) : context.modes) {
      context.progress(`catalogue: ${mode}`);
      const { ms, counts, scenarios } = await play(context, mode);
      const each = scenarios.flatMap((scenario) => (scenario.outcome === 'passed' ? [scenario.ms ?? 0] : []));
      notes.push(`${mode}: ${counts.passed} passed, ${counts.failed} failed, ${counts.skipped} not about this backend`);
      if (each.length === 0) continue;
      samples.push({ label: `${mode}: a scenario`, size: each.length, values: each, limit: MEDIAN_LIMIT_MS });
      samples.push({ label: `${mode}: all`, size: each.length, values: [ms], limit: TOTAL_LIMIT_MS });
    }
    return { samples, missing, notes };
  },
};

/** One run, as a user starts it. Throws when a scenario fails, and names it. */
async function play(context: BenchmarkContext, mode: ProxyMode): Promise<RunReport> {
  const folder = mkdtempSync(join(tmpdir(), 'podwire-bench-'));
  const report = join(folder, 'report.json');
  try {
    const output = ['--reporter', 'json', '--out', report, '--name', context.prefix];
    const read = () => JSON.parse(readFileSync(report, 'utf8')) as RunReport;
    await podwire(context, 'run', join(context.root, 'scenarios'), '--proxy-mode', mode, ...output).catch((cause) => {
      if (!existsSync(report)) throw cause;
      const failed = read().scenarios.filter(({ outcome }) => outcome === 'failed' || outcome === 'interrupted');
      throw new Error(`${mode}: not passed: ${failed.map(({ name }) => name).join(', ')}`, { cause });
    });
    return read();
  } finally {
    rmSync(folder, { recursive: true });
  }
}
