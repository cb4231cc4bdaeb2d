/** Stage of an adoption: the namespaces and cables of the plan, whatever there is of them. What stands is set right, the rest is made. */
import { planFabricRepair } from '../../cni/fabric.ts';
import type { Netns } from '../../kernel/kernel.ts';
import { familyOf, type IpFamily } from '../../net/ip.ts';
import { devicesOf } from '../../node/sandbox-state.ts';
import { planKubeletChains } from '../../proxy/backends/iptables/kubelet-chains.ts';
import { observeSave } from '../../proxy/backends/iptables/state.ts';
import { plannedNamespaces } from '../plan-lab.ts';
import { createPlanned, fabricOf } from './build-fabric.ts';
import type { DaemonContext, FormerState } from './daemon-context.ts';

/** Resolves when every node and host answers on its underlay address. */
export async function repairFabric({ plan, kernel, timings }: DaemonContext, { standing }: FormerState): Promise<void> {
  await timings.measure('namespaces', async () => {
    const gone = plannedNamespaces(plan).filter((name) => !standing.has(name));
    await kernel.forgetNamespaces(gone);
    await createPlanned(kernel, plan, gone);
  });
  await timings.measure('fabric', async () => {
    const fabric = fabricOf(plan);
    const uplinked = fabric.hosts.filter(({ netns }) => devicesOf(kernel, netns).has('eth0'));
    const { halves, wiring, hosts } = planFabricRepair(fabric, {
      switch: devicesOf(kernel, fabric.netns),
      uplinked: new Set(uplinked.map(({ netns }) => netns)),
    });
    for (const { netns, batches } of [...halves, wiring]) await kernel.run(netns, batches);
    await Promise.all([
      ...hosts.map(({ netns, batches }) => kernel.run(netns, batches)),
      ...plan.nodes.flatMap(({ netns, ips }) => ips.map((ip) => repairKubeletChains(kernel, netns, familyOf(ip)))),
    ]);
  });
}

async function repairKubeletChains(kernel: DaemonContext['kernel'], netns: Netns, family: IpFamily): Promise<void> {
  const { stdout } = await kernel.read(netns, [family === 6 ? 'ip6tables-save' : 'iptables-save']);
  await kernel.run(netns, planKubeletChains(family, observeSave(stdout)));
}
