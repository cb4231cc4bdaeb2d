/**
 * Samples over sizes as lines, both scales logarithmic: a line's points are medians. What others are compared with is dashed; a
 * short bar is a target, the most a point may be; a ring marks a target that is missed. Pure.
 */
import { type Benchmark, type BenchmarkResult, type Line, median, type Sample } from './benchmark.ts';
import { logScale } from './log-scale.ts';
import { formatValue, judge } from './report-table.ts';
import { svgText } from './svg-text.ts';

export const CHART_WIDTH = 1000;
const PLOT_HEIGHT = 300;
const HEAD = 22;
const FOOT = 44;
const AXIS_WIDTH = 62;
const LEGEND_WIDTH = 232;
const LEGEND_ROW = 17;
/** Colours of style sheet classes `c0`…, light and dark: each backend's own in every chart, the last for all else. */
const COLOURS = [
  ['#0b62b0', '#5aa9f0'],
  ['#00805a', '#3fc79a'],
  ['#b8480a', '#f08a4b'],
  ['#9b3f8f', '#dd8ad2'],
  ['#8a6d00', '#d8b73a'],
  ['#666', '#aaa'],
] as const;
const NAMES = ['iptables', 'iptables-legacy', 'nftables', 'userspace', 'ipvs (UML)'];
/** How variants of a line are dashed: `d0`…. */
const DASHES = ['6 4', '2 3', '10 3 2 3'];

type Point = readonly [x: number, y: number];

/** The rules the chart's classes need, on a light and on a dark ground. */
export function chartStyle(): string {
  const colours = (dark: 0 | 1) =>
    COLOURS.map((pair, index) => `.c${index}{stroke:${pair[dark]};fill:${pair[dark]}}`).join('');
  return [
    `.grid{stroke:#ddd}.axis{stroke:#888}.ring{stroke:#c33}${colours(0)}`,
    `@media (prefers-color-scheme:dark){.grid{stroke:#3a3f46}.axis{stroke:#888}.ring{stroke:#f66}${colours(1)}}`,
    // Behind the colours, which fill dots.
    '.line,.ring{fill:none;stroke-width:2}.target{stroke-width:3}',
    ...DASHES.map((dash, index) => `.d${index}{stroke-dasharray:${dash};stroke-width:1.4}`),
  ].join('');
}

/** Every line of a benchmark, panel beside panel, with a legend. `y`: where it starts. Gives where it ends, too. */
export function lineChart(
  benchmark: Benchmark,
  { samples }: BenchmarkResult,
  y: number,
): { readonly svg: string; readonly end: number } {
  const lines = linesOf(samples);
  const panels = [...Map.groupBy(lines, ({ line }) => line.panel ?? '')];
  const names = [...new Map(lines.map(({ line }) => [line.name, line])).values()];
  const classOf = classes(names);
  const width = (CHART_WIDTH - LEGEND_WIDTH) / panels.length;
  const parts = panels.map(([title, own], index) => {
    const box = { x: index * width, y: y + HEAD, width, title };
    return panel(benchmark, own, samples, box, classOf);
  });
  const legend = names.map((line, index) => {
    const [x, at] = [CHART_WIDTH - LEGEND_WIDTH + 16, y + HEAD + 10 + index * LEGEND_ROW];
    const stroke = `<path class="line ${classOf(line)}" d="M${x} ${at}h30"/>`;
    return stroke + svgText(x + 38, at + 4, line.name);
  });
  const height = Math.max(HEAD + PLOT_HEIGHT + FOOT, HEAD + (names.length + 3) * LEGEND_ROW);
  const keys = targetKeys(samples, CHART_WIDTH - LEGEND_WIDTH + 16, y + HEAD + 20 + names.length * LEGEND_ROW);
  return { svg: [...parts, ...legend, keys].join('\n'), end: y + height };
}

interface DrawnLine {
  readonly line: Line;
  readonly points: readonly Sample[];
}

function linesOf(samples: readonly Sample[]): DrawnLine[] {
  const drawn = samples.filter(({ line }) => line !== undefined);
  const groups = Map.groupBy(drawn, ({ line }) => `${line!.panel} ${line!.name}`);
  return [...groups.values()].map((points) => ({
    line: points[0]!.line!,
    points: [...points].sort((a, b) => a.size - b.size),
  }));
}

/** A backend: the colour of its lines. */
function colourOf({ name }: Line): string {
  const index = NAMES.indexOf(name.split(',')[0]!);
  return `c${index < 0 ? COLOURS.length - 1 : index}`;
}

/** The classes of a line: its backend's colour; what it is compared with, dashed, each of one colour in its own way. */
function classes(lines: readonly Line[]): (line: Line) => string {
  const dashed = Map.groupBy(
    lines.filter(({ isReference }) => isReference),
    colourOf,
  );
  return (line) => {
    const colour = colourOf(line);
    if (!line.isReference) return colour;
    const index = dashed.get(colour)!.findIndex(({ name }) => name === line.name);
    return `${colour} d${index % DASHES.length}`;
  };
}

interface Box {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly title: string;
}

function panel(
  { unit, quantity = 'ms' }: Benchmark,
  lines: readonly DrawnLine[],
  samples: readonly Sample[],
  { x, y, width, title }: Box,
  classOf: (line: Line) => string,
): string {
  const points = lines.flatMap((each) => each.points);
  const caps = points.flatMap((sample) => capsOf(sample, samples).map((value) => ({ sample, value })));
  const left = x + AXIS_WIDTH;
  const across = logScale(
    points.map(({ size }) => Math.max(1, size)),
    left + 10,
    x + width - 18,
  );
  const down = logScale(
    [...points.map(({ values }) => median(values)), ...caps.map(({ value }) => value)],
    y + PLOT_HEIGHT,
    y + 6,
  );
  const at = (sample: Sample): Point => [across.at(Math.max(1, sample.size)), down.at(median(sample.values))];
  const sizes = [...new Set(points.map(({ size }) => size))].sort((a, b) => a - b);
  return [
    svgText(left, y - 8, title, { kind: 'title' }),
    ...down.ticks.flatMap((value) => [
      `<path class="grid" d="M${left} ${down.at(value).toFixed(1)}H${x + width - 10}"/>`,
      svgText(left - 6, down.at(value) + 4, value.toLocaleString('en'), { anchor: 'end' }),
    ]),
    ...sizes.map((size) =>
      svgText(across.at(Math.max(1, size)), y + PLOT_HEIGHT + 18, shortNumber(size), { anchor: 'middle' }),
    ),
    `<path class="axis" fill="none" d="M${left} ${y}V${y + PLOT_HEIGHT}H${x + width - 10}"/>`,
    svgText((left + x + width) / 2, y + PLOT_HEIGHT + 36, unit, { anchor: 'middle' }),
    svgText(left - 6, y - 8, quantity, { anchor: 'end' }),
    ...caps.map(({ sample, value }) => {
      const bar = `M${(at(sample)[0] - 7).toFixed(1)} ${down.at(value).toFixed(1)}h14`;
      return `<path class="target ${colourOf(sample.line!)}" d="${bar}"/>`;
    }),
    ...lines.map(({ line, points: own }) => drawn(own.map(at), line, classOf(line))),
    ...points.filter((sample) => judge(sample, samples, quantity).isMet === false).map((sample) => ring(at(sample))),
  ].join('\n');
}

/** 5k and 10k stand close by one another. */
function shortNumber(size: number): string {
  return size >= 1000 ? `${size / 1000}k` : String(size);
}

function drawn(points: readonly Point[], line: Line, kind: string): string {
  const path = points.map(([x, y], index) => `${index === 0 ? 'M' : 'L'}${x.toFixed(1)} ${y.toFixed(1)}`).join('');
  const dots = points.map(([x, y]) => `<circle class="${kind}" cx="${x.toFixed(1)}" cy="${y.toFixed(1)}" r="2.6"/>`);
  return `<path class="line ${kind}" d="${path}"/>${line.isReference ? '' : dots.join('')}`;
}

function ring([x, y]: Point): string {
  return `<circle class="ring" cx="${x.toFixed(1)}" cy="${y.toFixed(1)}" r="6"/>`;
}

/** The most the median of a sample may be, by each of its targets. */
function capsOf({ targets = [], size, limit }: Sample, samples: readonly Sample[]): number[] {
  const ratios = targets.flatMap(({ against, bound }) => {
    const other = samples.find((each) => each.label === against && each.size === size);
    if (bound === undefined || other === undefined) return [];
    return [median(other.values) * ('atMost' in bound ? bound.atMost : 1 / bound.atLeast)];
  });
  return limit === undefined ? ratios : [...ratios, limit];
}

/** What the bars and rings are, where there are any. */
function targetKeys(samples: readonly Sample[], x: number, y: number): string {
  const ratios = samples.flatMap(({ targets = [] }) => targets.map(({ bound }) => bound));
  const words = [
    ...ratios.map((bound) =>
      bound === undefined ? '' : 'atMost' in bound ? `≤ ${bound.atMost} × bare` : `1 / ${bound.atLeast}`,
    ),
    ...samples.map(({ limit }) => (limit === undefined ? '' : `≤ ${formatValue(limit)}`)),
  ].filter((each) => each !== '');
  if (words.length === 0) return '';
  return [
    `<path class="target c5" d="M${x + 6} ${y}h14"/>${svgText(x + 38, y + 4, `target (${[...new Set(words)].join(', ')})`)}`,
    `${ring([x + 13, y + LEGEND_ROW])}${svgText(x + 38, y + LEGEND_ROW + 4, 'missed')}`,
  ].join('\n');
}
