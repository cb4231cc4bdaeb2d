/** Run inside User-mode Linux (every-backend.ts): measures mode ipvs; the samples stand on stdout, as JSON. */
import { LinuxKernel } from '../../src/kernel/linux-kernel.ts';
import type { BenchmarkContext } from './benchmark.ts';
import { clusterIpSamples } from './benchmarks/cluster-ip.ts';
import { connectionSamples } from './benchmarks/first-packet.ts';
import { loadSamples } from './benchmarks/rules-load.ts';
import { updateSamples } from './benchmarks/rules-update.ts';
import type { BackendBenchmark, MeasureBackend } from './every-backend.ts';

const BENCHMARKS: Readonly<Record<BackendBenchmark, MeasureBackend>> = {
  'rules-load': loadSamples,
  'rules-update': updateSamples,
  'first-packet': connectionSamples,
  'cluster-ip': clusterIpSamples,
};

const [name, ...options] = process.argv.slice(2);
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
process.stdout.write(JSON.stringify(await BENCHMARKS[name as BackendBenchmark](context, 'ipvs')));
