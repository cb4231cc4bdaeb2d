/**
 * `npm run bench [NAME…]`: runs benchmarks, prints their tables, writes JSON and a plot. Needs root, like the lab. Each
 * removes what it made, also when interrupted; each is bounded in time.
 */
import { mkdirSync, writeFileSync } from 'node:fs';
import { cpus, release } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { LinuxKernel } from '../../src/kernel/linux-kernel.ts';
import { isProxyMode, PROXY_MODES, type ProxyMode } from '../../src/objects/proxy-mode.ts';
import { type Benchmark, type BenchmarkContext, type BenchmarkResult, median, minimum } from './benchmark.ts';
import { apiMemory, apiSpeed } from './benchmarks/api.ts';
import { catalogue } from './benchmarks/catalogue.ts';
import { clusterIp } from './benchmarks/cluster-ip.ts';
import { cliStart, labCycle } from './benchmarks/commands.ts';
import { dns } from './benchmarks/dns.ts';
import { exec } from './benchmarks/exec.ts';
import { firstPacket } from './benchmarks/first-packet.ts';
import { labIdle, labMemory, labPods } from './benchmarks/lab-pods.ts';
import { namespaceSockets } from './benchmarks/namespace-sockets.ts';
import { podThroughput } from './benchmarks/pod-throughput.ts';
import { podWiring } from './benchmarks/pod-wiring.ts';
import { rulesLoad } from './benchmarks/rules-load.ts';
import { rulesUpdate } from './benchmarks/rules-update.ts';
import { serviceUpdate } from './benchmarks/service-update.ts';
import { umlLab } from './benchmarks/uml-lab.ts';
import { renderSvg } from './report-svg.ts';
import { judge, renderTable } from './report-table.ts';

const BENCHMARKS: readonly Benchmark[] = [
  cliStart,
  labCycle,
  umlLab,
  labPods,
  labMemory,
  labIdle,
  exec,
  dns,
  apiSpeed,
  apiMemory,
  podWiring,
  podThroughput,
  namespaceSockets,
  serviceUpdate,
  rulesUpdate,
  rulesLoad,
  firstPacket,
  clusterIp,
  catalogue,
];

/** Values of one sample in results.json. */
const MOST_VALUES = 200;

const USAGE = `Usage: npm run bench -- [--quick] [--strict] [--modes MODES] [--out DIR] [NAME...]
  --quick    smaller sizes, fewer runs
  --strict   exit 1 when a target is missed
  --modes    backends of kube-proxy, with commas (default: ${PROXY_MODES.join(',')})
  --out DIR  where results.json and results.svg go (default: bench-results)
Benchmarks: ${BENCHMARKS.map(({ name }) => name).join(', ')}
`;

async function main(): Promise<number> {
  const parsed = readArguments();
  if (typeof parsed === 'number') return parsed;
  const { chosen, isQuick, isStrict, modes, out } = parsed;
  if (process.getuid?.() !== 0) {
    process.stderr.write('bench: needs root\n  why: it makes network namespaces\n  do:  sudo npm run bench\n');
    return 2;
  }
  const abort = new AbortController();
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => abort.abort());
  const context: BenchmarkContext = {
    kernel: new LinuxKernel(),
    prefix: `bench-${process.pid}`,
    root: join(dirname(fileURLToPath(import.meta.url)), import.meta.url.endsWith('.ts') ? '../..' : '..'),
    isQuick,
    modes,
    signal: abort.signal,
    progress: (message) => process.stderr.isTTY && process.stderr.write(`${message}\n`),
  };
  const results: [Benchmark, BenchmarkResult][] = [];
  let failures = 0;
  for (const benchmark of chosen) {
    try {
      const result = await benchmark.run(context);
      results.push([benchmark, result]);
      process.stdout.write(`${renderTable(benchmark, result)}\n`);
    } catch (error) {
      failures += 1;
      process.stderr.write(
        `bench: ${benchmark.name} failed\n  why: ${error instanceof Error ? error.message : error}\n`,
      );
      if (abort.signal.aborted) break;
    }
  }
  write(out, results, isQuick);
  const missed = results.flatMap(([, { samples }]) => samples.filter((each) => judge(each, samples).isMet === false));
  return failures > 0 || (isStrict && missed.length > 0) ? 1 : 0;
}

interface Arguments {
  readonly chosen: readonly Benchmark[];
  readonly isQuick: boolean;
  readonly isStrict: boolean;
  readonly modes: readonly ProxyMode[];
  readonly out: string;
}

/** What the command line asks for; an exit code where it asks for nothing that can be done. */
function readArguments(): number | Arguments {
  try {
    const { values, positionals } = parseArgs({
      allowPositionals: true,
      options: {
        quick: { type: 'boolean', default: false },
        strict: { type: 'boolean', default: false },
        modes: { type: 'string', default: PROXY_MODES.join(',') },
        out: { type: 'string', default: 'bench-results' },
        help: { type: 'boolean', default: false },
      },
    });
    if (values.help) {
      process.stdout.write(USAGE);
      return 0;
    }
    const unknown = positionals.find((name) => !BENCHMARKS.some((benchmark) => benchmark.name === name));
    if (unknown !== undefined) throw new Error(`no benchmark ${JSON.stringify(unknown)}`);
    const chosen = BENCHMARKS.filter(({ name }) => positionals.length === 0 || positionals.includes(name));
    const modes = values.modes.split(',').map((mode) => {
      if (!isProxyMode(mode)) throw new Error(`no backend ${JSON.stringify(mode)}`);
      return mode;
    });
    return { chosen, isQuick: values.quick, isStrict: values.strict, modes, out: values.out };
  } catch (error) {
    process.stderr.write(`bench: ${error instanceof Error ? error.message : error}\n${USAGE}`);
    return 2;
  }
}

function write(out: string, results: readonly [Benchmark, BenchmarkResult][], isQuick: boolean): void {
  mkdirSync(out, { recursive: true });
  const machine = { kernel: release(), cpus: cpus().length, cpu: cpus()[0]?.model, node: process.version };
  const document = {
    at: new Date().toISOString(),
    machine,
    isQuick,
    benchmarks: results.map(([{ name, targets, title, unit, quantity = 'ms' }, { samples, missing, notes = [] }]) => ({
      name,
      targets,
      title,
      unit,
      quantity,
      notes,
      missing,
      samples: samples.map((sample) => ({
        label: sample.label.trim(),
        size: sample.size,
        line: sample.line,
        minimum: minimum(sample.values),
        median: median(sample.values),
        runs: sample.values.length,
        // Of thousands of connections the two above are enough.
        ...(sample.values.length <= MOST_VALUES ? { values: sample.values } : {}),
        ...judge(sample, samples, quantity),
      })),
    })),
  };
  writeFileSync(join(out, 'results.json'), `${JSON.stringify(document, null, 2)}\n`);
  writeFileSync(join(out, 'results.svg'), renderSvg(results));
  process.stdout.write(`Written: ${join(out, 'results.json')}, ${join(out, 'results.svg')}\n`);
}

process.exitCode = await main();
