/**
 * The kernel's named packet counters (nfnetlink_acct) that two rules of kube-proxy's iptables mode feed, and two of its metrics show
 * (upstream pkg/proxy/metrics/metrics.go, pkg/proxy/iptables/proxier.go). Where the kernel has none, or the tool is missing, the
 * rules are without them and the metrics absent, as there.
 */
import type { Batch, Kernel, Netns } from '../kernel/kernel.ts';
import { KernelError } from '../kernel/kernel-error.ts';
import { PACKET_COUNTERS } from './backends/iptables/fixed-chains.ts';

/** In two transactions: a chain must be empty before it goes. */
const TRIAL = `*filter
:KUBE-NFACCT-TRIAL - [0:0]
-A KUBE-NFACCT-TRIAL -m nfacct --nfacct-name ${PACKET_COUNTERS.invalid}
COMMIT
*filter
:KUBE-NFACCT-TRIAL - [0:0]
-X KUBE-NFACCT-TRIAL
COMMIT
`;

/** Makes the counters unless they are there; false when they, or rules that feed them, cannot be had. */
export async function ensurePacketCounters(kernel: Kernel, netns: Netns): Promise<boolean> {
  const standing = await packetCounters(kernel, netns);
  if (standing === undefined) return false;
  const missing = Object.values(PACKET_COUNTERS).filter((name) => !standing.has(name));
  try {
    await kernel.run(netns, missing.map(addition));
  } catch (error) {
    if (error instanceof KernelError) return false;
    throw error;
  }
  return (await kernel.read(netns, ['iptables-restore', '--noflush'], TRIAL)).exitCode === 0;
}

/** Packets counted so far, by the counter's name; undefined where there can be no counters. */
export async function packetCounters(kernel: Kernel, netns: Netns): Promise<ReadonlyMap<string, number> | undefined> {
  try {
    const { stdout, exitCode } = await kernel.read(netns, ['nfacct', 'list']);
    if (exitCode !== 0) return undefined;
    return new Map(
      [...stdout.matchAll(/pkts = (\d+),.* = (\S+);/g)].map(([, packets, name]) => [name!, Number(packets)]),
    );
  } catch (error) {
    if (error instanceof KernelError) return undefined;
    throw error;
  }
}

/** Takes them away again; one that rules still feed stays. */
export async function removePacketCounters(kernel: Kernel, netns: Netns): Promise<void> {
  const standing = await packetCounters(kernel, netns);
  const names = Object.values(PACKET_COUNTERS).filter((name) => standing?.has(name));
  await kernel.run(netns, names.map(removal));
}

function addition(name: string): Batch {
  return { tool: 'command', argv: ['nfacct', 'add', name] };
}

function removal(name: string): Batch {
  return { tool: 'command', argv: ['nfacct', 'del', name], allowFailure: true };
}
