/**
 * Whether a mode can be used on this kernel, and what kube-proxy does when it cannot. Once it took the iptables proxier
 * where the kernel had no IPVS ("Can't use ipvs proxier, trying iptables proxier", kubernetes#55864); today's ends with an
 * error (cmd/kube-proxy/app/server_linux.go). The lab has both (`strict`).
 */
import type { Kernel, Netns } from '../kernel/kernel.ts';
import { KernelError } from '../kernel/kernel-error.ts';
import type { ProxyMode } from '../objects/proxy-mode.ts';
import type { Command } from './backends/backend.ts';

export interface ModeChoice {
  readonly mode: ProxyMode;
  /** Why it is not the mode that was asked for, in kube-proxy's words. */
  readonly obstacle?: string;
}

/** What may be asked for with a mode. */
export interface ModeOptions {
  /** Of mode ipvs; default: the present one. */
  readonly scheduler?: string | undefined;
  /** Reject where the kernel cannot do the mode; default: the option `strictMode`. */
  readonly strict?: boolean | undefined;
}

export interface ModeRequest {
  readonly mode: ProxyMode;
  /** Throw instead of falling back. */
  readonly strict: boolean;
  /** IPVS scheduler. */
  readonly scheduler: string;
}

/**
 * The mode itself, or iptables where the kernel has no IPVS. Throws what current kube-proxy says when `strict`; and where the kernel
 * cannot do mode nftables, for which there has never been another in its place.
 */
export async function chooseMode(request: ModeRequest, kernel: Kernel, netns: Netns): Promise<ModeChoice> {
  if (request.mode === 'nftables') await requireNftables(kernel, netns);
  if (request.mode !== 'ipvs') return { mode: request.mode };
  const obstacle = await ipvsObstacle(kernel, netns, request.scheduler);
  if (obstacle === undefined) return { mode: 'ipvs' };
  if (request.strict) throw new Error(`can't use the IPVS proxier: ${obstacle}`);
  return { mode: 'iptables', obstacle };
}

/** A table that is only tried: the kernel checks it, and makes none. */
async function requireNftables(kernel: Kernel, netns: Netns): Promise<void> {
  const { exitCode, stderr } = await kernel.read(netns, ['nft', '--check', '--file', '-'], 'add table ip kube-proxy\n');
  if (exitCode !== 0) throw new Error(`can't use the nftables proxier: ${firstLine(stderr)}`);
}

/** An address for documentation (RFC 5737), which no Service has. */
const TRIAL = ['-t', '198.51.100.0:20000'];

/**
 * Why there can be no virtual servers here; undefined when there can. As kube-proxy does it (pkg/proxy/ipvs/supported.go):
 * one is made with the scheduler, unless one with it stands already.
 */
async function ipvsObstacle(kernel: Kernel, netns: Netns, scheduler: string): Promise<string | undefined> {
  const run = async (argv: Command) => {
    try {
      return await kernel.read(netns, argv);
    } catch (error) {
      if (error instanceof KernelError) return { exitCode: 127, stdout: '', stderr: error.stderr };
      throw error;
    }
  };
  const listing = await run(['ipvsadm', '-Sn']);
  if (listing.exitCode === 127) return firstLine(listing.stderr);
  if (listing.exitCode !== 0) return 'ipvs not supported';
  if (listing.stdout.includes(` -s ${scheduler}\n`) || listing.stdout.includes(` -s ${scheduler} `)) return undefined;
  const sets = await run(['ipset', 'save']);
  if (sets.exitCode !== 0) return `error getting ipset version, error: ${firstLine(sets.stderr)}`;
  const trial = await run(['ipvsadm', '-A', ...TRIAL, '-s', scheduler]);
  if (trial.exitCode !== 0) return `scheduler ${scheduler}: ${firstLine(trial.stderr)}`;
  await run(['ipvsadm', '-D', ...TRIAL]);
  return undefined;
}

function firstLine(text: string): string {
  return text.trim().split('\n')[0] ?? '';
}
