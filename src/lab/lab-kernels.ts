/**
 * In which kernel labs of each mode of kube-proxy are to stand: the host's where that can do it, else User-mode Linux where
 * that is installed and can.
 */
import { isInstalled } from '../kernel/packages.ts';
import { PROXY_MODES, type ProxyMode } from '../objects/proxy-mode.ts';
import type { LabKernel } from './lab-kernel.ts';
import { modeObstacles } from './mode-obstacles.ts';

export interface LabKernels {
  kernelOf(mode: ProxyMode): LabKernel;
  /** Modes that no kernel here can do, with the reason. */
  readonly obstacles: ReadonlyMap<ProxyMode, string>;
}

export interface KernelFacts {
  /** What the user has asked for. */
  readonly asked: LabKernel | undefined;
  /** Modes the host's kernel or tools cannot do, with the reason. */
  readonly onHost: ReadonlyMap<ProxyMode, string>;
  readonly has: (program: string) => boolean;
}

const NO_NFTABLES = 'nf_tables of User-mode Linux has no family ip';
/** Programs of a mode, which the guest has from the host. */
const TOOLS: Readonly<Partial<Record<ProxyMode, readonly string[]>>> = { ipvs: ['ipvsadm', 'ipset'] };

/** The choice, from facts. Pure. */
export function chooseKernels({ asked, onHost, has }: KernelFacts): LabKernels {
  const inGuest = new Map<ProxyMode, string>([['nftables', NO_NFTABLES]]);
  for (const [mode, tools] of Object.entries(TOOLS) as [ProxyMode, readonly string[]][]) {
    const missing = tools.filter((tool) => !has(tool));
    if (missing.length > 0) inGuest.set(mode, `not installed: ${missing.join(', ')}`);
  }
  if (asked !== undefined) {
    return { kernelOf: () => asked, obstacles: asked === 'uml' ? inGuest : onHost };
  }
  const moved = PROXY_MODES.filter((mode) => onHost.has(mode) && !inGuest.has(mode));
  const hasUml = has('linux.uml');
  const remaining = [...onHost].filter(([mode]) => !(hasUml && moved.includes(mode)));
  const hint = '; with the package user-mode-linux it is played in a kernel of its own';
  return {
    kernelOf: (mode) => (hasUml && moved.includes(mode) ? 'uml' : 'host'),
    obstacles: new Map(remaining.map(([mode, why]) => [mode, moved.includes(mode) ? why + hint : why])),
  };
}

/** The choice on this host. Takes some 100 ms where it must be tried what the host can do. */
export async function labKernels(asked?: LabKernel): Promise<LabKernels> {
  const onHost = asked === 'uml' ? new Map<ProxyMode, string>() : await modeObstacles();
  return chooseKernels({ asked, onHost, has: isInstalled });
}
