/** Stage: what runs on each node. Every component of a node reaches the API by connections that start in the node's namespace. */
import { RemoteTransport } from '../../client/remote-transport.ts';
import { vxlanOverhead } from '../../cni/vxlan.ts';
import { familyOf } from '../../net/ip.ts';
import { FlannelAgent } from '../../node/flannel/flannel-agent.ts';
import { Kubelet } from '../../node/kubelet.ts';
import type { KubeletOptions } from '../../node/kubelet-options.ts';
import { PodNetwork } from '../../node/pod-network.ts';
import type { ContainerRuntime } from '../../node/runtime/container-runtime.ts';
import type { Transport } from '../../objects/transport.ts';
import { KubeProxy } from '../../proxy/kube-proxy.ts';
import type { RelayAccess } from '../../proxy/userspace/relay-client.ts';
import type { NodePlan } from '../plan-lab.ts';
import type { ProxyState } from '../snapshot.ts';
import type { DaemonContext } from './daemon-context.ts';
import { componentLogger } from './logger.ts';
import { NodeProxy, type WantedMode } from './node-proxy.ts';
import type { OpenApi } from './open-api.ts';

/**
 * Pods whose neighbours may be learned. The machine's neighbour table holds 1,024 learned entries of all namespaces together
 * (net.ipv4.neigh.default.gc_thresh3, which a namespace cannot set), and a pod that is spoken to takes two; permanent ones
 * do not count.
 */
const MOST_LEARNED_NEIGHBOURS = 400;

export interface RunningNode {
  readonly plan: NodePlan;
  readonly flannel: FlannelAgent;
  readonly proxy: NodeProxy;
  readonly kubelet: Kubelet;
}

/** Makes the components of every node. */
export function planNodes(
  context: DaemonContext,
  api: OpenApi,
  runtime: ContainerRuntime,
  relays: RelayAccess,
  apiCredential: string,
): RunningNode[] {
  const own = { runtime, apiCredential };
  return context.plan.nodes.map((node) => ({
    plan: node,
    flannel: flannelAgent(context, node, new RemoteTransport(api.connectionFrom(node.netns, 'flannel'))),
    proxy: nodeProxy(context, node, api, relays),
    kubelet: kubelet(context, node, new RemoteTransport(api.connectionFrom(node.netns, 'kubelet')), own),
  }));
}

/** Resolves when each node can reach every other's pods and its kube-proxy's rules stand. */
export async function startNodeNetworks(
  { timings, former }: DaemonContext,
  nodes: readonly RunningNode[],
): Promise<void> {
  const startProxy = async ({ proxy }: RunningNode) => {
    await proxy.start();
    if (former !== undefined) await proxy.removeOtherModes();
  };
  await Promise.all([
    timings.measure('flannel', () => Promise.all(nodes.map(({ flannel }) => flannel.start()))),
    timings.measure('kube-proxy', () => Promise.all(nodes.map(startProxy))),
  ]);
}

/** Resolves when every kubelet has said that its node is ready. */
export async function startKubelets({ timings }: DaemonContext, nodes: readonly RunningNode[]): Promise<void> {
  await timings.measure('kubelets', () => Promise.all(nodes.map((node) => node.kubelet.start())));
}

/** What each kube-proxy says of itself, by node. */
export function proxyStates(nodes: readonly RunningNode[]): Map<string, ProxyState> {
  return new Map(nodes.map(({ plan, proxy }) => [plan.name, proxy.state]));
}

function flannelAgent({ plan, kernel }: DaemonContext, node: NodePlan, transport: Transport): FlannelAgent {
  return new FlannelAgent({
    node: node.name,
    netns: node.netns,
    kernel,
    transport,
    networks: plan.podSubnets,
    vxlan: plan.vxlan,
    underlay: { addresses: node.ips, device: 'eth0', mtu: plan.underlay.mtu },
    log: componentLogger(`flannel/${node.name}`),
  });
}

/** In the mode it had under a former daemon, or the lab's. */
function nodeProxy(context: DaemonContext, node: NodePlan, api: OpenApi, relays: RelayAccess): NodeProxy {
  const wanted = context.former?.recorded.proxyModes.get(node.name) ?? { mode: context.plan.proxyMode };
  const transport = () => new RemoteTransport(api.connectionFrom(node.netns, 'kube-proxy'));
  return new NodeProxy((mode) => kubeProxy(context, node, transport(), relays, mode), wanted);
}

function kubeProxy(
  { plan, kernel }: DaemonContext,
  node: NodePlan,
  transport: Transport,
  relays: RelayAccess,
  { mode, scheduler }: WantedMode,
): KubeProxy {
  return new KubeProxy({
    nodeName: node.name,
    netns: node.netns,
    nodeIPs: node.ips,
    transport,
    kernel,
    mode,
    strictMode: plan.strictProxyMode,
    ipvs: { ...plan.proxyConfig.ipvs, ...(scheduler === undefined ? {} : { scheduler }) },
    config: plan.proxyConfig,
    podCIDRs: node.podCIDRs,
    clusterCIDRs: plan.podSubnets,
    serviceCIDRs: [...plan.serviceSubnets, ...plan.additionalServiceCIDRs],
    relays,
    log: componentLogger(`kube-proxy/${node.name}`),
  });
}

function kubelet(
  { plan, kernel, directory }: DaemonContext,
  node: NodePlan,
  transport: Transport,
  own: Pick<KubeletOptions, 'runtime' | 'apiCredential'>,
): Kubelet {
  const podNetwork = new PodNetwork({
    kernel,
    lab: plan.name,
    netns: node.netns,
    blocks: plan.podSubnets.map((network, index) => ({ network, podCidr: node.podCIDRs[index]! })),
    mtu: plan.underlay.mtu - Math.max(...plan.podSubnets.map((network) => vxlanOverhead(familyOf(network)))),
    permanentNeighbours: plan.nodes.length * plan.maxPods > MOST_LEARNED_NEIGHBOURS,
  });
  return new Kubelet({
    node: node.name,
    netns: node.netns,
    nodeIps: node.ips,
    transport,
    kernel,
    podNetwork,
    ...own,
    log: componentLogger(`kubelet/${node.name}`),
    directory: directory.containers,
    clusterDns: plan.dnsServiceIp,
    clusterDomain: plan.dnsDomain,
    resolverConfig: `nameserver ${plan.gateway.ip}\n`,
    maxPods: plan.maxPods,
    leaseSeconds: plan.nodeLeaseSeconds,
  });
}
