/** Prometheus' text exposition format: histograms, gauges and counters with labels. */

export type Labels = Readonly<Record<string, string>>;

export class Histogram {
  readonly #bounds: readonly number[];
  readonly #counts: number[];
  #count = 0;
  #sum = 0;

  constructor(bounds: readonly number[]) {
    this.#bounds = bounds;
    this.#counts = bounds.map(() => 0);
  }

  observe(value: number): void {
    this.#count += 1;
    this.#sum += value;
    for (const [index, bound] of this.#bounds.entries()) if (value <= bound) this.#counts[index]! += 1;
  }

  lines(name: string, labels: Labels): string[] {
    const bucket = (bound: number | string, count: number) =>
      `${name}_bucket${formatLabels({ ...labels, le: `${bound}` })} ${count}`;
    return [
      ...this.#bounds.map((bound, index) => bucket(bound, this.#counts[index]!)),
      bucket('+Inf', this.#count),
      `${name}_sum${formatLabels(labels)} ${this.#sum}`,
      `${name}_count${formatLabels(labels)} ${this.#count}`,
    ];
  }
}

/**
 * A page of metrics whose names begin with `prefix`; all are of Kubernetes' stability level ALPHA. One without values is not on it, as
 * with Prometheus' own library.
 */
export class MetricsPage {
  readonly #prefix: string;
  readonly #lines: string[] = [];

  constructor(prefix: string) {
    this.#prefix = prefix;
  }

  histogram(name: string, help: string, values: readonly [Labels, Histogram][]): void {
    if (values.length === 0) return;
    this.#head(name, help, 'histogram');
    for (const [labels, histogram] of values) this.#lines.push(...histogram.lines(this.#prefix + name, labels));
  }

  gauge(name: string, help: string, values: readonly [Labels, number][]): void {
    this.#single(name, help, 'gauge', values);
  }

  counter(name: string, help: string, values: readonly [Labels, number][]): void {
    this.#single(name, help, 'counter', values);
  }

  get text(): string {
    return `${this.#lines.join('\n')}\n`;
  }

  #single(name: string, help: string, type: string, values: readonly [Labels, number][]): void {
    if (values.length === 0) return;
    this.#head(name, help, type);
    for (const [labels, value] of values) this.#lines.push(`${this.#prefix}${name}${formatLabels(labels)} ${value}`);
  }

  #head(name: string, help: string, type: string): void {
    this.#lines.push(`# HELP ${this.#prefix}${name} [ALPHA] ${help}`, `# TYPE ${this.#prefix}${name} ${type}`);
  }
}

/** In alphabetical order, as Prometheus' own libraries print them; `le` last. */
function formatLabels(labels: Labels): string {
  const names = Object.keys(labels).sort((a, b) => (a === 'le' ? 1 : b === 'le' ? -1 : a < b ? -1 : 1));
  return names.length === 0 ? '' : `{${names.map((name) => `${name}="${labels[name]}"`).join(',')}}`;
}
