/** Run inside User-mode Linux (guest.ts): measures mode ipvs; the samples stand on stdout, as JSON. */
import { LinuxKernel } from '../../src/kernel/linux-kernel.ts';
import type { BenchmarkContext, Sample } from './benchmark.ts';
import { clusterIpSamples } from './benchmarks/cluster-ip.ts';
import { connectionSamples } from './benchmarks/first-packet.ts';
import { loadSamples } from './benchmarks/rules-load.ts';
import { updateSamples } from './benchmarks/rules-update.ts';
import type { GuestPart } from './guest.ts';

const PARTS: Readonly<Record<GuestPart, (context: BenchmarkContext) => Promise<Sample[]>>> = {
  'rules-load': (context) => loadSamples(context, 'ipvs'),
  'first-packet': (context) => connectionSamples(context, 'ipvs'),
  'cluster-ip': (context) => clusterIpSamples(context, 'ipvs'),
  'rules-update': (context) => updateSamples(context, 'ipvs'),
};

const [part, ...options] = process.argv.slice(2);
const context: BenchmarkContext = {
  kernel: new LinuxKernel(),
  prefix: 'bench',
  root: '',
  isQuick: options.includes('--quick'),
  isTrial: options.includes('--trial'),
  modes: ['ipvs'],
  signal: new AbortController().signal,
  progress: () => undefined,
};
process.stdout.write(JSON.stringify(await PARTS[part as GuestPart](context)));
