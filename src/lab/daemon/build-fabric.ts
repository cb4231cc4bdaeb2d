/** Stage: the namespaces of the plan, the underlay switch, and everybody's cable to it. */
import { type FabricHost, planFabric } from '../../cni/fabric.ts';
import type { LabPlan } from '../plan-lab.ts';
import { plannedNamespaces } from '../plan-lab.ts';
import type { DaemonContext } from './daemon-context.ts';

/** Resolves when every node and host answers on its underlay address. */
export async function buildFabric({ plan, kernel, timings }: DaemonContext): Promise<void> {
  await timings.measure('namespaces', () => kernel.createNamespaces(plannedNamespaces(plan)));
  await timings.measure('fabric', async () => {
    const { wiring, hosts } = planFabric({
      netns: plan.fabric.netns,
      subnet: plan.underlay.subnet,
      mtu: plan.underlay.mtu,
      gateway: plan.gateway.ip,
      hosts: fabricHosts(plan),
    });
    await kernel.run(wiring.netns, wiring.batches);
    await Promise.all(hosts.map(({ netns, batches }) => kernel.run(netns, batches)));
  });
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
