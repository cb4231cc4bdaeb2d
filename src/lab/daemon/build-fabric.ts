/** Stage: the namespaces of the plan, the underlay switch, everybody's cable to it, and what a node has before any component runs. */
import { type Fabric, type FabricHost, planFabric } from '../../cni/fabric.ts';
import { planKubeletChains } from '../../proxy/backends/iptables/kubelet-chains.ts';
import type { LabPlan } from '../plan-lab.ts';
import { plannedNamespaces } from '../plan-lab.ts';
import type { DaemonContext } from './daemon-context.ts';

/** Resolves when every node and host answers on its underlay address. */
export async function buildFabric({ plan, kernel, timings }: DaemonContext): Promise<void> {
  await timings.measure('namespaces', () => kernel.createNamespaces(plannedNamespaces(plan)));
  await timings.measure('fabric', async () => {
    const { wiring, hosts } = planFabric(fabricOf(plan));
    await kernel.run(wiring.netns, wiring.batches);
    await Promise.all([
      ...hosts.map(({ netns, batches }) => kernel.run(netns, batches)),
      // Before kube-proxy, which makes the same jumps where they are missing: two at once would make them twice.
      ...plan.nodes.map(({ netns }) => kernel.run(netns, planKubeletChains(4))),
    ]);
  });
}

/** The fabric of a plan. */
export function fabricOf(plan: LabPlan): Fabric {
  return {
    netns: plan.fabric.netns,
    subnet: plan.underlay.subnet,
    mtu: plan.underlay.mtu,
    gateway: plan.gateway.ip,
    hosts: fabricHosts(plan),
  };
}

function fabricHosts(plan: LabPlan): FabricHost[] {
  const host = (role: FabricHost['role']) => (planned: { name: string; netns: string; ip: string }) => ({
    name: planned.name,
    netns: planned.netns,
    address: planned.ip,
    role,
  });
  return [host('gateway')(plan.gateway), ...plan.nodes.map(host('node')), ...plan.hosts.map(host('host'))];
}
