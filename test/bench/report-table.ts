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
export function judge(sample: Sample, samples: readonly Sample[], quantity = 'ms'): Judgement {
  const own = median(sample.values);
  const verdicts: boolean[] = [];
  const bounds: string[] = [];
  const ratios: string[] = [];
  for (const { against, bound } of sample.targets ?? []) {
    const other = samples.find(({ label, size }) => label === against && size === sample.size);
    if (other === undefined) throw new Error(`no sample ${against} at ${sample.size} to compare with`);
    const isFaster = bound === undefined ? own < median(other.values) : 'atLeast' in bound;
    const value = isFaster ? median(other.values) / own : own / median(other.values);
    ratios.push(`${value.toFixed(2)} × ${isFaster ? 'faster than ' : ''}${against}`);
    if (bound !== undefined && 'atMost' in bound) {
      bounds.push(`≤ ${bound.atMost} ×`);
      verdicts.push(value <= bound.atMost);
    } else if (bound !== undefined) {
      bounds.push(`≥ ${bound.atLeast} ×`);
      verdicts.push(value >= bound.atLeast);
    }
  }
  if (sample.limit !== undefined) {
    bounds.push(`≤ ${sample.limit} ${quantity}`);
    verdicts.push(own <= sample.limit);
  }
  return {
    ratio: ratios.join('; '),
    bound: bounds.join(', '),
    isMet: verdicts.length === 0 ? undefined : verdicts.every(Boolean),
  };
}

/** One benchmark's table, with what is missing and what to know. */
export function renderTable(benchmark: Benchmark, { samples, missing, notes = [] }: BenchmarkResult): string {
  const { unit, quantity = 'ms' } = benchmark;
  const header = ['', unit, `min ${quantity}`, `median ${quantity}`, 'runs', 'ratio', 'target', ''];
  const rows = samples.map((sample) => {
    const { ratio, bound, isMet } = judge(sample, samples, quantity);
    return [
      sample.label,
      sample.size === 0 ? '' : String(sample.size),
      formatValue(minimum(sample.values)),
      formatValue(median(sample.values)),
      String(sample.values.length),
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
export function formatValue(value: number): string {
  return value >= 100 ? value.toFixed(0) : value >= 10 ? value.toFixed(1) : value.toFixed(2);
}
