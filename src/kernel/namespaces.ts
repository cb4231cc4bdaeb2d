/** Named network namespaces: made, prepared and removed, any number with one process. */

import type { Invocation } from './invocation.ts';
import type { Netns } from './kernel.ts';
import { KernelError } from './kernel-error.ts';
import { setInterfaceUp } from './libc.ts';
import { namespaceExists, within } from './namespace-window.ts';
import { runTool } from './run-tool.ts';

/**
 * Without IPv6: set before a device exists, so that none begins DAD, MLD and router solicitation (half the cost of
 * 1,000 pods).
 */
export const IPV6_OFF = { 'net.ipv6.conf.all.disable_ipv6': 1, 'net.ipv6.conf.default.disable_ipv6': 1 } as const;
/** With IPv6: addresses are the lab's own, so no duplicate detection; routes too, so no router is asked for. */
export const IPV6_QUIET = {
  'net.ipv6.conf.all.disable_ipv6': 0,
  'net.ipv6.conf.default.disable_ipv6': 0,
  'net.ipv6.conf.default.accept_dad': 0,
  'net.ipv6.conf.default.dad_transmits': 0,
  'net.ipv6.conf.default.accept_ra': 0,
  'net.ipv6.conf.default.router_solicitations': 0,
} as const;

/** `ip netns add` for each name. */
export function additionOf(names: readonly Netns[]): Invocation {
  return { argv: ['ip', '-batch', '-'], stdin: names.map((name) => `netns add ${name}\n`).join('') };
}

/** `ip netns delete` for each name; `-force` goes on behind one that another process removed meanwhile. */
export function deletionOf(names: readonly Netns[]): Invocation {
  return { argv: ['ip', '-force', '-batch', '-'], stdin: names.map((name) => `netns delete ${name}\n`).join('') };
}

/** Refuses names that are taken, before anything is recorded as ours. */
export function refuseTaken(names: readonly Netns[]): void {
  const taken = names.find(namespaceExists);
  if (taken === undefined) return;
  const stderr = 'a network namespace of that name exists already';
  throw new KernelError({ netns: '', tool: 'ip', line: `netns add ${taken}`, stderr });
}

/** Sets `lo` UP in each. */
export function raiseLoopback(names: readonly Netns[]): void {
  for (const name of names) within(name, () => setInterfaceUp('lo'));
}

/** Removes those of `names` that exist; throws when one is still there. */
export async function removeNamespaces(names: readonly Netns[]): Promise<void> {
  const { stderr } = await runTool('', deletionOf(names));
  const left = names.filter(namespaceExists);
  if (left.length > 0) throw new KernelError({ netns: '', tool: 'ip', line: `netns delete ${left[0]}`, stderr });
}
