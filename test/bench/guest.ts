/** The part of a benchmark that needs IPVS: run in User-mode Linux, whose kernel has it, and its samples brought back. */
import { installCommand, isInstalled } from '../../src/kernel/packages.ts';
import type { ProxyMode } from '../../src/objects/proxy-mode.ts';
import { runInUml } from '../support/uml.ts';
import type { BenchmarkContext, BenchmarkResult, MissingPeer, Sample } from './benchmark.ts';
import { benchProgram } from './programs.ts';

const TIMEOUT_MS = 600_000;
const MEMORY_MB = 2048;
const TOOLS: Readonly<Record<string, string>> = {
  'linux.uml': 'User-mode Linux is not installed, and ipvs needs its kernel',
  ipvsadm: 'it is not installed, and mode ipvs needs it',
  ipset: 'it is not installed, and mode ipvs needs it',
};

/** What samples of the guest say of themselves: its kernel is another, and slower to start processes. */
export const IN_GUEST = 'ipvs (UML)';

/** The backends asked for of which the host's kernel has all. */
export function hostModes({ modes }: Pick<BenchmarkContext, 'modes'>): ProxyMode[] {
  return modes.filter((mode) => mode !== 'ipvs');
}

export type GuestPart = 'rules-load' | 'rules-update' | 'first-packet' | 'cluster-ip';

/** Runs a part of guest-main.ts in a guest of its own; nothing but what is missing where there can be none. */
export async function inGuest(context: BenchmarkContext, part: GuestPart): Promise<BenchmarkResult> {
  const { isQuick, isTrial, modes, progress } = context;
  if (!modes.includes('ipvs')) return { samples: [], missing: [] };
  const missing = Object.entries(TOOLS).flatMap(([name, why]): MissingPeer[] =>
    isInstalled(name) ? [] : [{ name, why, install: installCommand(name) }],
  );
  if (missing.length > 0) return { samples: [], missing };
  progress(`${part}: ipvs in User-mode Linux`);
  const { stdout, stderr, code } = await runInUml(
    benchProgram('guest'),
    [part, ...(isQuick ? ['--quick'] : []), ...(isTrial ? ['--trial'] : [])],
    {
      timeoutMs: TIMEOUT_MS,
      memoryMb: MEMORY_MB,
    },
  );
  if (code !== 0) throw new Error(`${part} in User-mode Linux ended with ${code}: ${stderr.trim()}`);
  return { samples: JSON.parse(stdout) as Sample[], missing };
}
