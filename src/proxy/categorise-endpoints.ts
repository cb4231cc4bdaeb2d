/**
 * Which endpoints of a Service port a node may use: kube-proxy's rules on readiness, graceful termination, traffic
 * policies and topology hints, applied once for all backends. Pure.
 */
import {
  type CategorisedEndpoints,
  type EndpointView,
  type ServicePortSpec,
  usesClusterEndpoints,
  usesLocalEndpoints,
} from '../objects/service-port-view.ts';

export interface NodeTopology {
  readonly nodeName: string;
  /** The node's `topology.kubernetes.io/zone`; empty without one. */
  readonly zone: string;
}

type TopologyMode = 'none' | 'same-zone' | 'same-node';

/** Sorts the endpoints of `all` (in address order) into kube-proxy's categories. */
export function categoriseEndpoints(
  all: readonly EndpointView[],
  spec: ServicePortSpec,
  topology: NodeTopology,
): CategorisedEndpoints {
  const useCluster = usesClusterEndpoints(spec);
  const useLocal = usesLocalEndpoints(spec);
  const mode = useCluster ? topologyMode(all, topology) : 'none';
  const cluster = useCluster ? clusterEndpoints(all, mode, topology) : [];
  const local = useLocal ? readyOrElseServing(all.filter((endpoint) => endpoint.isLocal)) : [];
  // Without policy Local only what this node can reach counts; with it, any usable endpoint of the cluster does.
  const hasAny = useLocal ? all.some(isUsable) : cluster.length > 0;
  const members = new Set([...cluster, ...local]);
  return Object.freeze({
    all,
    cluster: Object.freeze(cluster),
    local: Object.freeze(local),
    reachable: Object.freeze(all.filter((endpoint) => members.has(endpoint))),
    hasAny,
  });
}

/** Ready, or still serving while it terminates. */
function isUsable(endpoint: EndpointView): boolean {
  return endpoint.isReady || isServingTerminating(endpoint);
}

function isServingTerminating(endpoint: EndpointView): boolean {
  return endpoint.isServing && endpoint.isTerminating;
}

/** The ready ones; only when there is none, those that terminate but still serve. */
function readyOrElseServing(endpoints: readonly EndpointView[]): EndpointView[] {
  const ready = endpoints.filter((endpoint) => endpoint.isReady);
  return ready.length > 0 ? ready : endpoints.filter(isServingTerminating);
}

function clusterEndpoints(all: readonly EndpointView[], mode: TopologyMode, topology: NodeTopology): EndpointView[] {
  const ready = all.filter((endpoint) => endpoint.isReady && isAvailable(endpoint, mode, topology));
  return ready.length > 0 ? ready : all.filter(isServingTerminating);
}

function isAvailable(endpoint: EndpointView, mode: TopologyMode, topology: NodeTopology): boolean {
  if (mode === 'same-node') return endpoint.nodeHints.includes(topology.nodeName);
  if (mode === 'same-zone') return endpoint.zoneHints.includes(topology.zone);
  return true;
}

/** Hints count only when every ready endpoint has one and at least one of them names this node, or this zone. */
function topologyMode(all: readonly EndpointView[], topology: NodeTopology): TopologyMode {
  const ready = all.filter((endpoint) => endpoint.isReady);
  if (ready.length === 0) return 'none';
  const hinted = (hints: (endpoint: EndpointView) => readonly string[], wanted: string) =>
    ready.every((endpoint) => hints(endpoint).length > 0) && ready.some((endpoint) => hints(endpoint).includes(wanted));
  if (hinted((endpoint) => endpoint.nodeHints, topology.nodeName)) return 'same-node';
  if (hinted((endpoint) => endpoint.zoneHints, topology.zone)) return 'same-zone';
  return 'none';
}
