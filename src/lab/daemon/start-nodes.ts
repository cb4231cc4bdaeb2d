/** Stage: what runs on each node. Every component of a node reaches the API by the node's own transport. */
import { RemoteTransport } from '../../client/remote-transport.ts';
import { FlannelAgent } from '../../node/flannel/flannel-agent.ts';
import type { Transport } from '../../objects/transport.ts';
import { KubeProxy } from '../../proxy/kube-proxy.ts';
import type { NodePlan } from '../plan-lab.ts';
import type { ProxyState } from '../snapshot.ts';
import type { DaemonContext } from './daemon-context.ts';
import { componentLogger } from './logger.ts';
import type { OpenApi } from './open-api.ts';

export interface RunningNode {
  readonly plan: NodePlan;
  readonly flannel: FlannelAgent;
  readonly proxy: KubeProxy;
}

/** Makes the components of every node; `startNodes` starts them. */
export function planNodes(context: DaemonContext, api: OpenApi): RunningNode[] {
  return context.plan.nodes.map((node) => ({
    plan: node,
    flannel: flannelAgent(context, node, new RemoteTransport(api.connectionFrom(node.netns, 'flannel'))),
    proxy: kubeProxy(context, node, new RemoteTransport(api.connectionFrom(node.netns, 'kube-proxy'))),
  }));
}

/** Resolves when each node can reach every other's pods and its kube-proxy's rules stand. */
export async function startNodes({ timings }: DaemonContext, nodes: readonly RunningNode[]): Promise<void> {
  await Promise.all([
    timings.measure('flannel', () => Promise.all(nodes.map(({ flannel }) => flannel.start()))),
    timings.measure('kube-proxy', () => Promise.all(nodes.map(({ proxy }) => proxy.start()))),
  ]);
}

/** What each kube-proxy says of itself, by node. */
export function proxyStates(nodes: readonly RunningNode[]): Map<string, ProxyState> {
  return new Map(
    nodes.map(({ plan, proxy }) => {
      const { requested, done } = proxy.generation;
      return [plan.name, { mode: proxy.mode, synced: done > 0 && done === requested, generation: done }];
    }),
  );
}

function flannelAgent({ plan, kernel }: DaemonContext, node: NodePlan, transport: Transport): FlannelAgent {
  return new FlannelAgent({
    node: node.name,
    netns: node.netns,
    kernel,
    transport,
    network: plan.podSubnet,
    vxlan: plan.vxlan,
    underlay: { address: node.ip, device: 'eth0', mtu: plan.underlay.mtu },
    log: componentLogger(`flannel/${node.name}`),
  });
}

function kubeProxy({ plan, kernel }: DaemonContext, node: NodePlan, transport: Transport): KubeProxy {
  return new KubeProxy({
    nodeName: node.name,
    netns: node.netns,
    nodeIPs: [node.ip],
    transport,
    kernel,
    mode: plan.proxyMode,
    clusterCIDRs: [plan.podSubnet],
    log: componentLogger(`kube-proxy/${node.name}`),
  });
}
