/** The results as a table for people. Pure. */
import { type Benchmark, type BenchmarkResult, median, minimum, type Sample } from './benchmark.ts';

export interface Judgement {
  /** `1.04 × bare load`; empty without a target. */
  readonly ratio: string;
  /** `≤ 1.2 ×`, `≤ 80 ms`; empty without a bound. */
  readonly bound: string;
  /** Undefined where there is no bound. */
  readonly isMet: boolean | undefined;
}

/** How a sample compares with its target. */
export function judge(sample: Sample, samples: readonly Sample[]): Judgement {
  const own = median(sample.ms);
  const verdicts: boolean[] = [];
  const bounds: string[] = [];
  const ratios: string[] = [];
  for (const { against, bound } of sample.targets ?? []) {
    const other = samples.find(({ label, size }) => label === against && size === sample.size);
    if (other === undefined) throw new Error(`no sample ${against} at ${sample.size} to compare with`);
    const isFaster = bound === undefined ? own < median(other.ms) : 'atLeast' in bound;
    const value = isFaster ? median(other.ms) / own : own / median(other.ms);
    ratios.push(`${value.toFixed(2)} × ${isFaster ? 'faster than ' : ''}${against}`);
    if (bound !== undefined && 'atMost' in bound) {
      bounds.push(`≤ ${bound.atMost} ×`);
      verdicts.push(value <= bound.atMost);
    } else if (bound !== undefined) {
      bounds.push(`≥ ${bound.atLeast} ×`);
      verdicts.push(value >= bound.atLeast);
    }
  }
  if (sample.limitMs !== undefined) {
    bounds.push(`≤ ${sample.limitMs} ms`);
    verdicts.push(own <= sample.limitMs);
  }
  return {
    ratio: ratios.join('; '),
    bound: bounds.join(', '),
    isMet: verdicts.length === 0 ? undefined : verdicts.every(Boolean),
  };
}

/** One benchmark's table, with what is missing and what to know. */
export function renderTable(benchmark: Benchmark, { samples, missing, notes = [] }: BenchmarkResult): string {
  const header = ['', benchmark.unit, 'min ms', 'median ms', 'runs', 'ratio', 'target', ''];
  const rows = samples.map((sample) => {
    const { ratio, bound, isMet } = judge(sample, samples);
    return [
      sample.label,
      sample.size === 0 ? '' : String(sample.size),
      formatMs(minimum(sample.ms)),
      formatMs(median(sample.ms)),
      String(sample.ms.length),
      ratio,
      bound,
      isMet === undefined ? '' : isMet ? 'met' : 'MISSED',
    ];
  });
  const table = [header, ...rows];
  const widths = header.map((_, column) => Math.max(...table.map((row) => row[column]!.length)));
  const lines = table.map((row) =>
    row
      .map((cell, column) => (column > 0 && column < 5 ? cell.padStart(widths[column]!) : cell.padEnd(widths[column]!)))
      .join('  ')
      .trimEnd(),
  );
  return [
    `${benchmark.name} (${benchmark.targets.join(', ')}): ${benchmark.title}`,
    ...(samples.length === 0 ? [] : lines.map((line) => `  ${line}`)),
    ...missing.map(({ name, why, install }) => `  not measured: ${name} (${why}); ${install}`),
    ...notes.map((note) => `  note: ${note}`),
    '',
  ].join('\n');
}

/** Three significant digits, as far as they matter. */
export function formatMs(ms: number): string {
  return ms >= 100 ? ms.toFixed(0) : ms >= 10 ? ms.toFixed(1) : ms.toFixed(2);
}
