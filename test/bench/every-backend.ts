/**
 * A benchmark in every backend asked for: those of which the host's kernel has all here, ipvs in User-mode Linux, whose kernel
 * has it; its samples are brought back.
 */
import { installCommand, isInstalled } from '../../src/kernel/packages.ts';
import type { ProxyMode } from '../../src/objects/proxy-mode.ts';
import { runInUml } from '../support/uml.ts';
import type { BenchmarkContext, BenchmarkResult, MissingPeer, Sample } from './benchmark.ts';
import { benchProgram } from './programs.ts';

const TIMEOUT_MS = 600_000;
const MEMORY_MB = 2048;
const TOOLS: Readonly<Record<ProxyMode, readonly string[]>> = {
  iptables: ['iptables-restore'],
  nftables: ['nft'],
  userspace: ['iptables-restore'],
  ipvs: ['linux.uml', 'ipvsadm', 'ipset'],
};
/** A further way of loading iptables' rules. */
export const LEGACY_TOOL = 'iptables-legacy-restore';

/** Benchmarks that measure backends. */
export type BackendBenchmark = 'rules-load' | 'rules-update' | 'first-packet' | 'cluster-ip';

/** Measures one backend on the kernel this runs on. */
export type MeasureBackend = (context: BenchmarkContext, mode: ProxyMode) => Promise<Sample[]>;

/** What samples say of a backend. The guest's kernel is another, and slower to start processes. */
export function backendName(mode: ProxyMode): string {
  return mode === 'ipvs' ? 'ipvs (UML)' : mode;
}

/** All backends one after another; nothing but what is missing of one that cannot be measured here. */
export async function inEveryBackend(
  context: BenchmarkContext,
  benchmark: BackendBenchmark,
  measure: MeasureBackend,
): Promise<BenchmarkResult> {
  const samples: Sample[] = [];
  const missing = new Map<string, MissingPeer>();
  const wanted = context.modes.includes('iptables') ? [LEGACY_TOOL] : [];
  for (const name of [...context.modes.flatMap((mode) => TOOLS[mode]), ...wanted])
    if (!isInstalled(name)) missing.set(name, { name, why: 'it is not installed', install: installCommand(name) });
  const modes = context.modes.filter((mode) => TOOLS[mode].every((name) => !missing.has(name)));
  for (const mode of modes.filter((each) => each !== 'ipvs')) samples.push(...(await measure(context, mode)));
  if (modes.includes('ipvs')) samples.push(...(await inGuest(context, benchmark)));
  return { samples, missing: [...missing.values()] };
}

/** Runs the benchmark of guest-main.ts in a guest of its own. */
async function inGuest(context: BenchmarkContext, benchmark: BackendBenchmark): Promise<Sample[]> {
  const { isQuick, isTrial } = context;
  context.progress(`${benchmark}: ipvs in User-mode Linux`);
  const options = [...(isQuick ? ['--quick'] : []), ...(isTrial ? ['--trial'] : [])];
  const limits = { timeoutMs: TIMEOUT_MS, memoryMb: MEMORY_MB };
  const { stdout, stderr, code } = await runInUml(benchProgram('guest'), [benchmark, ...options], limits);
  if (code !== 0) throw new Error(`${benchmark} in User-mode Linux ended with ${code}: ${stderr.trim()}`);
  return JSON.parse(stdout) as Sample[];
}
