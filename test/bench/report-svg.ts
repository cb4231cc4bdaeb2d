/** The results as one picture: a bar for each median, on a logarithmic scale, the minimum marked. Pure. */
import { type Benchmark, type BenchmarkResult, median, minimum, type Sample } from './benchmark.ts';
import { formatValue, judge } from './report-table.ts';

const WIDTH = 900;
const LABEL_WIDTH = 330;
const BAR_WIDTH = 420;
const ROW = 18;
const HEADING = 34;

/** An SVG document; light on any background. */
export function renderSvg(results: readonly (readonly [Benchmark, BenchmarkResult])[]): string {
  const parts: string[] = [];
  let y = 10;
  for (const [benchmark, { samples }] of results) {
    if (samples.length === 0) continue;
    y += HEADING;
    parts.push(text(10, y - 12, `${benchmark.name} (${benchmark.targets.join(', ')}): ${benchmark.title}`, 'title'));
    const scale = scaleOf(samples);
    for (const sample of samples) {
      parts.push(row(benchmark, sample, samples, y, scale));
      y += ROW;
    }
  }
  const style =
    'text{font:12px sans-serif;fill:#222}.title{font-weight:bold}.met{fill:#2a7}.missed{fill:#c33}.plain{fill:#89b}';
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" width="${WIDTH}" height="${y + 20}" viewBox="0 0 ${WIDTH} ${y + 20}">`,
    `<style>${style}</style><rect width="100%" height="100%" fill="#fff"/>`,
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
  benchmark: Benchmark,
  sample: Sample,
  samples: readonly Sample[],
  y: number,
  scale: (value: number) => number,
): string {
  const { quantity = 'ms' } = benchmark;
  const { isMet, bound } = judge(sample, samples, quantity);
  const kind = isMet === undefined ? 'plain' : isMet ? 'met' : 'missed';
  const middle = median(sample.values);
  const size = sample.size === 0 ? '' : `, ${sample.size} ${benchmark.unit}`;
  const mark = LABEL_WIDTH + scale(minimum(sample.values));
  return [
    text(LABEL_WIDTH - 8, y + 12, `${sample.label.trim()}${size}`, undefined, 'end'),
    `<rect class="${kind}" x="${LABEL_WIDTH}" y="${y + 2}" width="${scale(middle).toFixed(1)}" height="${ROW - 5}"/>`,
    `<path d="M${mark.toFixed(1)} ${y + 1}v${ROW - 3}" stroke="#222"/>`,
    text(
      LABEL_WIDTH + scale(middle) + 6,
      y + 12,
      `${formatValue(middle)} ${quantity}${bound === '' ? '' : ` (${bound})`}`,
    ),
  ].join('');
}

function text(x: number, y: number, words: string, kind?: string, anchor?: 'end'): string {
  const escaped = words.replace(/[<>&"]/g, (character) => `&#${character.charCodeAt(0)};`);
  const attributes = `${kind === undefined ? '' : ` class="${kind}"`}${anchor === undefined ? '' : ` text-anchor="${anchor}"`}`;
  return `<text x="${x.toFixed(1)}" y="${y}"${attributes}>${escaped}</text>`;
}
