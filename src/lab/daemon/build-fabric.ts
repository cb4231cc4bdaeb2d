/** Stage: the namespaces of the plan, the underlay switch, everybody's cable to it, and what a node has before any component runs. */
import { type Fabric, type FabricHost, planFabric } from '../../cni/fabric.ts';
import type { Kernel, Netns } from '../../kernel/kernel.ts';
import { familyOf } from '../../net/ip.ts';
import { planKubeletChains } from '../../proxy/backends/iptables/kubelet-chains.ts';
import { type HostPlan, hasIpv6, type LabPlan, plannedNamespaces } from '../plan-lab.ts';
import type { DaemonContext } from './daemon-context.ts';

/** Resolves when every node and host answers on its underlay address. */
export async function buildFabric({ plan, kernel, timings }: DaemonContext): Promise<void> {
  await timings.measure('namespaces', () => createPlanned(kernel, plan, plannedNamespaces(plan)));
  await timings.measure('fabric', async () => {
    const { wiring, hosts } = planFabric(fabricOf(plan));
    await kernel.run(wiring.netns, wiring.batches);
    await Promise.all([
      ...hosts.map(({ netns, batches }) => kernel.run(netns, batches)),
      // Before kube-proxy, which makes the same jumps where they are missing: two at once would make them twice.
      ...plan.nodes.map(({ netns, ips }) =>
        kernel.run(
          netns,
          ips.flatMap((ip) => planKubeletChains(familyOf(ip))),
        ),
      ),
    ]);
  });
}

/** Makes namespaces of the plan. The switch has no address of any kind: IPv6 is off in it in every lab. */
export async function createPlanned(
  kernel: Pick<Kernel, 'createNamespaces'>,
  plan: LabPlan,
  names: readonly Netns[],
): Promise<void> {
  if (!hasIpv6(plan)) return await kernel.createNamespaces(names);
  await kernel.createNamespaces(names.filter((name) => name === plan.fabric.netns));
  await kernel.createNamespaces(
    names.filter((name) => name !== plan.fabric.netns),
    { ipv6: true },
  );
}

/** The fabric of a plan. */
export function fabricOf(plan: LabPlan): Fabric {
  return {
    netns: plan.fabric.netns,
    subnets: plan.underlay.subnets,
    mtu: plan.underlay.mtu,
    gateways: plan.gateway.ips,
    hosts: fabricHosts(plan),
  };
}

function fabricHosts(plan: LabPlan): FabricHost[] {
  const host =
    (role: FabricHost['role']) =>
    ({ name, netns, ips }: HostPlan) => ({
      name,
      netns,
      addresses: ips,
      role,
    });
  return [host('gateway')(plan.gateway), ...plan.nodes.map(host('node')), ...plan.hosts.map(host('host'))];
}
