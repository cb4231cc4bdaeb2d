/** Draws a `LabSnapshot` from the plan and from what the API holds. Pure. */
import { hostPort } from '../net/host-port.ts';
import { podNetns } from '../node/pod-netns.ts';
import type { EndpointSlice, Node, Pod, Service } from '../objects/wire.ts';
import type { LabSnapshot, NodeSnapshot, PodSnapshot, ServiceSnapshot } from './lab-snapshot.ts';
import type { LabPlan } from './plan-lab.ts';

/** What a kube-proxy says of itself. */
export interface ProxyState {
  readonly mode: string;
  readonly obstacle?: string;
  readonly scheduler?: string;
  readonly departing?: { readonly mode: string; readonly connections: number };
  readonly stopped?: boolean;
  readonly synced: boolean;
  readonly generation: number;
}

export interface ObservedLab {
  readonly nodes: readonly Node[];
  readonly pods: readonly Pod[];
  readonly services: readonly Service[];
  readonly slices: readonly EndpointSlice[];
  /** By node. */
  readonly proxies: ReadonlyMap<string, ProxyState>;
  readonly warnings: readonly string[];
}

/** The label by which an EndpointSlice names its Service. */
const SERVICE_NAME = 'kubernetes.io/service-name';

/** The lab at this moment. Objects are ordered by namespace and name, nodes as planned. */
export function snapshotOf(
  plan: LabPlan,
  observed: ObservedLab,
  facts: Pick<LabSnapshot, 'createdAt' | 'kubernetesVersion' | 'timings'>,
): LabSnapshot {
  return {
    name: plan.name,
    kernel: plan.kernel,
    ...facts,
    podSubnet: plan.podSubnets.join(','),
    serviceSubnet: plan.serviceSubnets.join(','),
    nodes: plan.nodes.map((node) => nodeSnapshot(node, observed)),
    hosts: [plan.gateway, ...plan.hosts].map(({ name, netns, ip, ips }) => ({ name, netns, ip, ips })),
    pods: observed.pods.map((pod) => podSnapshot(plan, pod)).sort(byKey),
    services: observed.services.map((service) => serviceSnapshot(service, observed.slices)).sort(byKey),
    warnings: [...observed.warnings, ...obstacleWarnings(observed.proxies)],
  };
}

/** One line for all nodes whose kube-proxy met the same obstacle. */
function obstacleWarnings(proxies: ObservedLab['proxies']): string[] {
  const met = [...proxies].filter(([, { obstacle }]) => obstacle !== undefined);
  return [...Map.groupBy(met, ([, { mode, obstacle }]) => `${mode} ${obstacle}`).values()].map((alike) => {
    const [, { mode, obstacle }] = alike[0]!;
    return `kube-proxy on ${alike.map(([node]) => node).join(', ')}: mode ${mode}, since ipvs cannot be used: ${obstacle}`;
  });
}

function nodeSnapshot(planned: LabPlan['nodes'][number], observed: ObservedLab): NodeSnapshot {
  const node = observed.nodes.find(({ metadata }) => metadata?.name === planned.name);
  const ready = node?.status?.conditions?.some(({ type, status }) => type === 'Ready' && status === 'True') ?? false;
  return {
    name: planned.name,
    role: planned.role,
    netns: planned.netns,
    ip: planned.ip,
    ips: planned.ips,
    podCIDR: planned.podCIDRs[0]!,
    podCIDRs: planned.podCIDRs,
    ready,
    proxy: observed.proxies.get(planned.name) ?? { mode: 'none', synced: false, generation: 0 },
  };
}

function podSnapshot(plan: LabPlan, pod: Pod): PodSnapshot {
  const { namespace = '', name = '' } = pod.metadata ?? {};
  const statuses = pod.status?.containerStatuses ?? [];
  return {
    namespace,
    name,
    node: pod.spec?.nodeName ?? '',
    ip: pod.status?.podIP ?? '',
    ips: (pod.status?.podIPs ?? []).map(({ ip }) => ip),
    phase: pod.metadata?.deletionTimestamp === undefined ? (pod.status?.phase ?? 'Pending') : 'Terminating',
    ready: pod.status?.conditions?.some(({ type, status }) => type === 'Ready' && status === 'True') ?? false,
    restarts: statuses.reduce((sum, { restartCount }) => sum + restartCount, 0),
    netns: netnsOfPod(plan, pod),
  };
}

/** The namespace a pod stands in: its own, or its node's with `hostNetwork`. */
export function netnsOfPod(plan: LabPlan, pod: Pod): string {
  const node = plan.nodes.find(({ name }) => name === pod.spec?.nodeName);
  if (pod.spec?.hostNetwork === true && node !== undefined) return node.netns;
  return podNetns(plan.name, pod.metadata?.namespace ?? '', pod.metadata?.name ?? '');
}

function serviceSnapshot(service: Service, slices: readonly EndpointSlice[]): ServiceSnapshot {
  const { namespace = '', name = '' } = service.metadata ?? {};
  const own = slices.filter(
    ({ metadata }) => metadata?.namespace === namespace && metadata.labels?.[SERVICE_NAME] === name,
  );
  return {
    namespace,
    name,
    type: service.spec?.type ?? 'ClusterIP',
    clusterIP: service.spec?.clusterIP ?? '',
    clusterIPs: service.spec?.clusterIPs ?? [],
    ports: (service.spec?.ports ?? []).map(({ port, nodePort, protocol = 'TCP' }) =>
      nodePort === undefined ? `${port}/${protocol}` : `${port}:${nodePort}/${protocol}`,
    ),
    endpoints: own.flatMap(readyEndpoints).sort(),
  };
}

function readyEndpoints(slice: EndpointSlice): string[] {
  return (slice.endpoints ?? [])
    .filter(({ conditions }) => conditions?.ready !== false)
    .flatMap(({ addresses }) => addresses.flatMap((ip) => (slice.ports ?? []).map(({ port }) => hostPort(ip, port))));
}

function byKey(a: { namespace: string; name: string }, b: { namespace: string; name: string }): number {
  return a.namespace === b.namespace ? compare(a.name, b.name) : compare(a.namespace, b.namespace);
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
