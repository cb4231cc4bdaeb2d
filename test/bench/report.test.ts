import { describe, expect, it } from 'vitest';
import { type Benchmark, type BenchmarkResult, median, type Sample } from './benchmark.ts';
import { renderSvg } from './report-svg.ts';
import { judge, renderTable } from './report-table.ts';

const BENCHMARK: Benchmark = {
  name: 'load',
  targets: ['P5'],
  title: 'Load of <S> Services',
  unit: 'Services',
  run: () => Promise.reject(new Error('not run')),
};

const BARE: Sample = { label: 'bare', size: 100, values: [10, 12, 11] };
const OURS: Sample = {
  label: 'ours',
  size: 100,
  values: [14, 12, 13.2],
  targets: [{ against: 'bare', bound: { atMost: 1.2 } }],
};
const SLOW: Sample = {
  label: 'ours again',
  size: 100,
  values: [2],
  targets: [{ against: 'bare', bound: { atLeast: 8 } }],
};
const RESULT: BenchmarkResult = {
  samples: [OURS, BARE, SLOW, { label: 'start', size: 0, values: [90], limit: 80 }],
  missing: [{ name: 'kind', why: 'not installed', install: 'go install sigs.k8s.io/kind@latest' }],
  notes: ['a note'],
};

describe('the report', () => {
  it('takes the middle run, or the mean of the two in the middle', () => {
    expect(median([3, 1, 2])).toBe(2);
    expect(median([4, 1, 3, 2])).toBe(2.5);
  });

  it('judges ratios and bounds', () => {
    expect(judge(OURS, RESULT.samples)).toEqual({ ratio: '1.20 × bare', bound: '≤ 1.2 ×', isMet: true });
    expect(judge(SLOW, RESULT.samples)).toEqual({ ratio: '5.50 × faster than bare', bound: '≥ 8 ×', isMet: false });
    expect(judge(RESULT.samples[3]!, RESULT.samples)).toEqual({ ratio: '', bound: '≤ 80 ms', isMet: false });
    expect(judge(BARE, RESULT.samples).isMet).toBeUndefined();
    expect(() => judge({ ...OURS, size: 5 }, RESULT.samples)).toThrow('no sample bare at 5');
  });

  it('prints a table, and names what is missing with the command that installs it', () => {
    expect(renderTable(BENCHMARK, RESULT)).toMatchInlineSnapshot(`
      "load (P5): Load of <S> Services
                    Services  min ms  median ms  runs  ratio                    target
        ours             100    12.0       13.2     3  1.20 × bare              ≤ 1.2 ×  met
        bare             100    10.0       11.0     3
        ours again       100    2.00       2.00     1  5.50 × faster than bare  ≥ 8 ×    MISSED
        start                   90.0       90.0     1                           ≤ 80 ms  MISSED
        not measured: kind (not installed); go install sigs.k8s.io/kind@latest
        note: a note
      "
    `);
  });

  it('draws a bar for each sample, with text that is text', () => {
    const svg = renderSvg([[BENCHMARK, RESULT]]);
    expect(svg.match(/<rect class="(met|missed|plain)"/g)).toHaveLength(4);
    expect(svg.match(/class="missed"/g)).toHaveLength(2);
    expect(svg).toContain('Load of &#60;S&#62; Services');
    expect(svg).not.toContain('NaN');
  });

  it('draws samples over sizes as lines, with their targets and a ring where one is missed', () => {
    const point = (name: string, size: number, value: number, target?: number): Sample => ({
      label: name,
      size,
      values: [value],
      line: { name, isReference: name.endsWith('bare') },
      ...(target === undefined ? {} : { targets: [{ against: `${name}, bare`, bound: { atMost: target } }] }),
    });
    const samples = [
      ...[point('a, bare', 1, 10), point('a, bare', 1000, 90), point('a', 1, 11, 1.2), point('a', 1000, 200, 1.2)],
      ...[point('b <', 1, 0.5), point('b <', 1000, 0.5)],
    ];
    const svg = renderSvg([[BENCHMARK, { samples, missing: [] }]]);
    expect(svg.match(/<path class="line c\d( d\d)?" d="M[\d.]+ [\d.]+L/g)).toHaveLength(3);
    expect(svg.match(/<path class="target c5" d="M[\d.]+ [\d.]+h14"/g)).toHaveLength(3);
    // And one of each in the legend.
    expect(svg.match(/class="ring"/g)).toHaveLength(2);
    expect(svg).toContain('target (≤ 1.2 × bare)');
    expect(svg).toContain('b &#60;');
    expect(svg).not.toMatch(/NaN|Infinity|undefined/);
  });
});
