/** The results as one picture: lines over sizes where a benchmark has them, else a bar for each median, the minimum marked. Pure. */
import { type Benchmark, type BenchmarkResult, median, minimum, type Sample } from './benchmark.ts';
import { CHART_WIDTH, chartStyle, lineChart } from './line-chart.ts';
import { formatValue, judge } from './report-table.ts';
import { svgText } from './svg-text.ts';

const LABEL_WIDTH = 370;
const BAR_WIDTH = 420;
const ROW = 18;
const HEADING = 34;

const STYLE = [
  'text{font:12px sans-serif;fill:#222}@media (prefers-color-scheme:dark){text{fill:#ddd}}.title{font-weight:bold}',
  '.ground{fill:#fff}.mark{stroke:#222}.met{fill:#2a7}.missed{fill:#c33}.plain{fill:#89b}',
  '@media (prefers-color-scheme:dark){.ground{fill:#15181c}.mark{stroke:#eee}}',
].join('');

/** An SVG document, for light and dark grounds. */
export function renderSvg(results: readonly (readonly [Benchmark, BenchmarkResult])[]): string {
  const parts: string[] = [];
  let y = 10;
  for (const [benchmark, result] of results) {
    const { samples } = result;
    if (samples.length === 0) continue;
    y += HEADING;
    const targets = benchmark.targets.length === 0 ? '' : ` (${benchmark.targets.join(', ')})`;
    parts.push(svgText(10, y - 12, `${benchmark.name}${targets}: ${benchmark.title}`, { kind: 'title' }));
    if (samples.some(({ line }) => line !== undefined)) {
      const chart = lineChart(benchmark, result, y);
      parts.push(chart.svg);
      y = chart.end;
      continue;
    }
    const scale = scaleOf(samples);
    for (const sample of samples) {
      parts.push(row(benchmark, sample, samples, y, scale));
      y += ROW;
    }
  }
  const size = `width="${CHART_WIDTH}" height="${y + 20}"`;
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" ${size} viewBox="0 0 ${CHART_WIDTH} ${y + 20}">`,
    `<title>Benchmarks: ${results.map(([{ name }]) => name).join(', ')}</title>`,
    `<style>${STYLE}${chartStyle()}</style><rect class="ground" width="100%" height="100%"/>`,
    ...parts,
    '</svg>',
    '',
  ].join('\n');
}

/** Values → pixels: each decade takes the same room. */
function scaleOf(samples: readonly Sample[]): (value: number) => number {
  const least = Math.floor(Math.log10(minimum(samples.map(({ values }) => minimum(values)))));
  const most = Math.max(least + 1, Math.ceil(Math.log10(Math.max(...samples.map(({ values }) => median(values))))));
  return (value) => Math.max(1, ((Math.log10(value) - least) / (most - least)) * BAR_WIDTH);
}

function row(
  { quantity = 'ms', unit }: Benchmark,
  sample: Sample,
  samples: readonly Sample[],
  y: number,
  scale: (value: number) => number,
): string {
  const { isMet, bound } = judge(sample, samples, quantity);
  const kind = isMet === undefined ? 'plain' : isMet ? 'met' : 'missed';
  const middle = median(sample.values);
  const size = sample.size === 0 ? '' : `, ${sample.size} ${unit}`;
  const mark = LABEL_WIDTH + scale(minimum(sample.values));
  return [
    svgText(LABEL_WIDTH - 8, y + 12, `${sample.label.trim()}${size}`, { anchor: 'end' }),
    `<rect class="${kind}" x="${LABEL_WIDTH}" y="${y + 2}" width="${scale(middle).toFixed(1)}" height="${ROW - 5}"/>`,
    `<path class="mark" d="M${mark.toFixed(1)} ${y + 1}v${ROW - 3}"/>`,
    svgText(
      LABEL_WIDTH + scale(middle) + 6,
      y + 12,
      `${formatValue(middle)} ${quantity}${bound === '' ? '' : ` (${bound})`}`,
    ),
  ].join('');
}
