/** What nodes must know of a cluster before they join it, asked of its API server. */
import { ENDPOINTS, NODES, SERVICE_CIDRS, SERVICES } from '../../objects/resource.ts';
import { hasReason, type Transport } from '../../objects/transport.ts';
import type { ServiceCIDR } from '../../objects/wire.ts';

export interface ClusterSurvey {
  /** Nodes there are: their names, underlay addresses and pod blocks must not be taken again. */
  readonly nodes: readonly {
    readonly name: string;
    readonly addresses: readonly string[];
    readonly podCIDRs: readonly string[];
  }[];
  /** ClusterIP of `default/kubernetes`; undefined when there is none (yet). */
  readonly apiServiceIp: string | undefined;
  /** Where `default/kubernetes` leads. */
  readonly endpoints: readonly { readonly ip: string; readonly port: number }[];
  /** ClusterIP of `kube-system/kube-dns`; undefined when there is none. */
  readonly dnsServiceIp: string | undefined;
  /** Ranges of Services, the default ones first, each with its families; empty when the API server does not tell. */
  readonly serviceCIDRs: readonly (readonly string[])[];
}

/** Asks; throws what the transport throws. */
export async function surveyCluster(transport: Transport): Promise<ClusterSurvey> {
  const api = { namespace: 'default', name: 'kubernetes' };
  const [nodes, service, endpoints, dns, ranges] = await Promise.all([
    transport.list(NODES),
    unlessMissing(transport.get(SERVICES, api)),
    unlessMissing(transport.get(ENDPOINTS, api)),
    unlessMissing(transport.get(SERVICES, { namespace: 'kube-system', name: 'kube-dns' })),
    // Since Kubernetes 1.33; before, the range is known to its flags alone.
    unlessMissing(transport.list(SERVICE_CIDRS)),
  ]);
  return {
    nodes: nodes.items.map(({ metadata, spec, status }) => ({
      name: metadata?.name ?? '',
      addresses: (status?.addresses ?? []).filter(({ type }) => type === 'InternalIP').map(({ address }) => address),
      podCIDRs: spec?.podCIDRs ?? (spec?.podCIDR === undefined ? [] : [spec.podCIDR]),
    })),
    apiServiceIp: service?.spec?.clusterIP,
    endpoints: (endpoints?.subsets ?? []).flatMap(({ addresses = [], ports = [] }) =>
      addresses.flatMap(({ ip }) => ports.map(({ port }) => ({ ip, port }))),
    ),
    dnsServiceIp: dns?.spec?.clusterIP,
    serviceCIDRs: (ranges?.items ?? [])
      .toSorted((a, b) => Number(isDefault(b)) - Number(isDefault(a)))
      .map(({ spec }) => spec?.cidrs ?? []),
  };
}

/** kube-apiserver's own, of its `--service-cluster-ip-range`. */
function isDefault({ metadata }: ServiceCIDR): boolean {
  return metadata?.name === 'kubernetes';
}

async function unlessMissing<T>(answer: Promise<T>): Promise<T | undefined> {
  try {
    return await answer;
  } catch (error) {
    if (hasReason(error, 'NotFound')) return undefined;
    throw error;
  }
}
