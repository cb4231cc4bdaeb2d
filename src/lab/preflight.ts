/** What must be so before anything is made: the right to make it, the tools to make it with. */
import { accessSync, constants } from 'node:fs';
import { join } from 'node:path';
import { kernelHasIpv6 } from '../kernel/ipv6.ts';
import { installCommand } from '../kernel/packages.ts';
import type { ProxyMode } from '../objects/proxy-mode.ts';
import { LabError } from './lab-error.ts';
import type { LabKernel } from './lab-kernel.ts';
import { hasOwnRoot } from './state-directory.ts';

/** Tools a lab needs on PATH. `podwire check` tries what they can do. */
const REQUIRED_TOOLS = [
  'ip',
  'bridge',
  'iptables-restore',
  'iptables-save',
  'ethtool',
  'conntrack',
  'unshare',
  'nsenter',
  'flock',
  'mount',
] as const;

/** Tools of a kube-proxy backend beyond those. */
const PROXY_TOOLS: Readonly<Record<ProxyMode, readonly string[]>> = {
  iptables: [],
  // Without them, or without the kernel's part, kube-proxy falls back to iptables.
  ipvs: [],
  nftables: ['nft'],
  userspace: [],
};

/** Refuses to start without root, where the lab stands in the host's kernel, or without a tool. */
export function preflight(kernel: LabKernel): void {
  if (kernel === 'host') requireRoot('podwire up');
  else checkRoot('podwire up');
  checkTools(REQUIRED_TOOLS);
}

/** Refuses a mode of kube-proxy without its tool. */
export function checkProxyTools(mode: ProxyMode): void {
  checkTools(PROXY_TOOLS[mode]);
}

/** Refuses a lab with IPv6 on a machine without. */
export function checkIpv6(): void {
  checkTools(['ip6tables-restore', 'ip6tables-save']);
  if (kernelHasIpv6()) return;
  throw new LabError({
    what: 'this host cannot have a lab with IPv6',
    why: 'its kernel has no IPv6: it was booted with ipv6.disable=1, or built without CONFIG_IPV6',
    remedy: 'boot it without ipv6.disable=1, or set networking.ipFamily to ipv4 in the lab file',
  });
}

function checkTools(tools: readonly string[]): void {
  const missing = tools.filter((tool) => !isOnPath(tool));
  if (missing.length === 0) return;
  const remedies = [...new Set(missing.map((tool) => installCommand(tool)))];
  throw new LabError({
    what: 'this host lacks tools that a lab is built with',
    why: `not found on PATH: ${missing.join(', ')}`,
    remedy: remedies.join(' && '),
  });
}

/** Refuses anybody but root and users who keep labs of their own. */
export function checkRoot(command: string): void {
  if (!hasOwnRoot()) requireRoot(command);
}

function requireRoot(command: string): void {
  const uid = process.geteuid?.();
  if (uid === 0) return;
  throw new LabError({
    what: `${command} needs root`,
    why: `network namespaces are made and entered with CAP_SYS_ADMIN and CAP_NET_ADMIN, and this is user ${uid}`,
    remedy: `run it as root: sudo ${command}`,
  });
}

/** True when the program can be found and started. */
export function isOnPath(tool: string): boolean {
  const folders = (process.env.PATH ?? '').split(':').filter((folder) => folder !== '');
  return folders.some((folder) => {
    try {
      accessSync(join(folder, tool), constants.X_OK);
      return true;
    } catch {
      return false; // not in this folder
    }
  });
}
