/** What a benchmark is, and what it yields: rows of one table, each in proportion to a limit or a peer of the same run. */
import type { LinuxKernel } from '../../src/kernel/linux-kernel.ts';
import type { ProxyMode } from '../../src/objects/proxy-mode.ts';

/** One way of doing the thing, measured. */
export interface Sample {
  readonly label: string;
  /** What was varied: Services, pods; 0 where nothing was. */
  readonly size: number;
  /** Each run in order, in the benchmark's quantity. */
  readonly values: readonly number[];
  /** What it is compared with: other samples of the same size, by label; ratios of medians. */
  readonly targets?: readonly RatioTarget[];
  /** An absolute bound on the median, in the benchmark's quantity. */
  readonly limit?: number;
  /** Draws it as a point of a line over sizes. */
  readonly line?: Line;
}

/** Which line of a chart a sample is a point of. */
export interface Line {
  /** Charts stand side by side; default: the only one. */
  readonly panel?: string;
  readonly name: string;
  /** What others are compared with: dashed. */
  readonly isReference?: boolean;
}

export interface RatioTarget {
  readonly against: string;
  /** `at most`: this median divided by the other's; `at least`: the other's divided by this one's. */
  readonly bound: { readonly atMost: number } | { readonly atLeast: number } | undefined;
}

/** A program that would have been measured beside us. */
export interface MissingPeer {
  readonly name: string;
  readonly why: string;
  /** The command that installs it. */
  readonly install: string;
}

export interface BenchmarkResult {
  readonly samples: readonly Sample[];
  readonly missing: readonly MissingPeer[];
  /** What the reader must know to judge the figures. */
  readonly notes?: readonly string[];
}

export interface BenchmarkContext {
  readonly kernel: LinuxKernel;
  /** Prefix of every namespace and lab of this run; nothing else may be made. */
  readonly prefix: string;
  /** The checkout, for programs of dist/. */
  readonly root: string;
  /** Smaller sizes and fewer runs. */
  readonly isQuick: boolean;
  /** One round at the smallest size: whether it works, for tests. */
  readonly isTrial?: boolean;
  /** Backends of kube-proxy to measure, where there are several. */
  readonly modes: readonly ProxyMode[];
  readonly signal: AbortSignal;
  progress(message: string): void;
}

export type Quantity = 'ms' | 'µs' | 'MB' | '% of a core';

export interface Benchmark {
  /** What `npm run bench NAME` takes. */
  readonly name: string;
  /** Ids of the targets it measures: `P5`. */
  readonly targets: readonly string[];
  readonly title: string;
  readonly unit: string;
  /** What is measured; default: milliseconds. */
  readonly quantity?: Quantity;
  run(context: BenchmarkContext): Promise<BenchmarkResult>;
}

export function minimum(values: readonly number[]): number {
  return Math.min(...values);
}

export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2;
}
