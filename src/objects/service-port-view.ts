/**
 * What every kube-proxy backend renders: one frozen view per Service port and IP family, with its endpoints already
 * categorised. Backends decide nothing about endpoints; trackers (src/proxy) know nothing of rules.
 */
import type { IpFamily } from '../net/ip.ts';

export type Protocol = 'TCP' | 'UDP' | 'SCTP';

export interface ServicePortName {
  readonly namespace: string;
  readonly name: string;
  /** The port's name; empty for an unnamed port. */
  readonly port: string;
  readonly protocol: Protocol;
}

export interface EndpointView {
  readonly ip: string;
  readonly port: number;
  /** `10.244.1.2:80`, `[fd00::2]:80`. */
  readonly address: string;
  /** On the node that renders. */
  readonly isLocal: boolean;
  readonly isReady: boolean;
  readonly isServing: boolean;
  readonly isTerminating: boolean;
  readonly zoneHints: readonly string[];
  readonly nodeHints: readonly string[];
}

/** The endpoints of a Service port as one node may use them (kube-proxy's categories). Each list is in address order. */
export interface CategorisedEndpoints {
  readonly all: readonly EndpointView[];
  /** For policy Cluster; empty when nothing uses that policy. */
  readonly cluster: readonly EndpointView[];
  /** For policy Local; empty when nothing uses that policy. */
  readonly local: readonly EndpointView[];
  /** Cluster and local together: those that need a way to them on this node. */
  readonly reachable: readonly EndpointView[];
  /** The Service has a usable endpoint somewhere in the cluster, reachable from here or not. */
  readonly hasAny: boolean;
}

/** The part of a view that comes from the Service alone. */
export interface ServicePortSpec {
  readonly name: ServicePortName;
  /** `ns/name:port`, or `ns/name` for an unnamed port: what rules and hashes carry. */
  readonly nameString: string;
  readonly family: IpFamily;
  readonly clusterIP: string;
  readonly port: number;
  readonly nodePort: number | undefined;
  readonly externalIPs: readonly string[];
  /** Of `status.loadBalancer` only those with ipMode VIP: for ipMode Proxy there are no rules. */
  readonly loadBalancerVIPs: readonly string[];
  readonly loadBalancerSourceRanges: readonly string[];
  /** Seconds a client sticks to an endpoint; undefined without session affinity. */
  readonly affinitySeconds: number | undefined;
  readonly isInternalPolicyLocal: boolean;
  readonly isExternalPolicyLocal: boolean;
  readonly healthCheckNodePort: number | undefined;
}

export interface ServicePortView extends ServicePortSpec {
  readonly endpoints: CategorisedEndpoints;
}

/** Views of one family by `viewKey`. A view that did not change is the same object as before. */
export type ServicePortViews = ReadonlyMap<string, ServicePortView>;

/** `ns/name:port`, without the colon for an unnamed port. */
export function formatServicePortName(name: Omit<ServicePortName, 'protocol'>): string {
  return `${name.namespace}/${name.name}${name.port === '' ? '' : `:${name.port}`}`;
}

/** Unique among the views of one family: `ns/name:port/TCP`. */
export function viewKey(name: ServicePortName): string {
  return `${formatServicePortName(name)}/${name.protocol}`;
}

/** True when traffic from outside the cluster can be meant for it: a node port, an external or a load-balancer IP. */
export function isExternallyAccessible(spec: ServicePortSpec): boolean {
  return spec.nodePort !== undefined || spec.loadBalancerVIPs.length > 0 || spec.externalIPs.length > 0;
}

/** Cluster endpoints also serve policy Local: a node's own pods reach them through external addresses. */
export function usesClusterEndpoints(spec: ServicePortSpec): boolean {
  return !spec.isInternalPolicyLocal || isExternallyAccessible(spec);
}

/** True when internal or external traffic may only go to endpoints of this node. */
export function usesLocalEndpoints(spec: ServicePortSpec): boolean {
  return spec.isInternalPolicyLocal || (spec.isExternalPolicyLocal && isExternallyAccessible(spec));
}
