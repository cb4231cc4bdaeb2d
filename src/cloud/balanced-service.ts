/**
 * What the load balancer has to know of one Service, and which nodes are its members. Pure. The rules are those of Kubernetes'
 * service controller (k8s.io/cloud-provider, controllers/service).
 */
import { formatCidr, parseCidr } from '../net/cidr.ts';
import { isIp } from '../net/ip.ts';
import type { Protocol } from '../objects/service-port-view.ts';
import type { Node, Service } from '../objects/wire.ts';
import { LoadBalancerRefusal } from './refusal.ts';

/** Keeps a Service until its load balancer is gone. */
export const CLEANUP_FINALIZER = 'service.kubernetes.io/load-balancer-cleanup';
/** `spec.loadBalancerClass` of Services that ask for this load balancer by name. */
export const LOAD_BALANCER_CLASS = 'podwire.dev/cloud';
/** `Proxy`: the address is written with that ipMode, and kube-proxy makes no rules for it. */
export const IP_MODE_ANNOTATION = 'podwire.dev/load-balancer-ip-mode';
/** Nodes with this label are no members. */
export const EXCLUDE_LABEL = 'node.kubernetes.io/exclude-from-external-load-balancers';
/** Nodes with this taint are about to be removed by the cluster autoscaler. */
const TO_BE_DELETED_TAINT = 'ToBeDeletedByClusterAutoscaler';

export interface Member {
  /** The node's name. */
  readonly node: string;
  readonly address: string;
}

export interface BalancedPort {
  readonly name: string;
  readonly protocol: Protocol;
  readonly port: number;
  readonly nodePort: number;
}

export interface BalancedService {
  /** `namespace/name`. */
  readonly key: string;
  readonly address: string;
  readonly ports: readonly BalancedPort[];
  readonly members: readonly Member[];
  /** The port where each member says by HTTP whether it has endpoints of its own; only with externalTrafficPolicy Local. */
  readonly healthCheckNodePort?: number;
  /** Blocks whose clients are let in; absent: everybody. */
  readonly sourceRanges?: readonly string[];
  /** One client keeps to one node. */
  readonly isSticky: boolean;
}

/** True for Services of type LoadBalancer that are this load balancer's: without a class, or with ours. */
export function wantsLoadBalancer({ spec }: Service): boolean {
  if (spec?.type !== 'LoadBalancer') return false;
  return spec.loadBalancerClass === undefined || spec.loadBalancerClass === LOAD_BALANCER_CLASS;
}

/** True when the Service's load balancer is to be removed: the Service is being deleted, or is of another type now. */
export function needsCleanup({ metadata, spec }: Service): boolean {
  if (metadata?.finalizers?.includes(CLEANUP_FINALIZER) !== true) return false;
  return metadata.deletionTimestamp !== undefined || spec?.type !== 'LoadBalancer';
}

/**
 * The nodes that take traffic, by name. Whether a node is Ready is not asked: its health check says more, and sooner (KEP-3458).
 */
export function membersOf(nodes: readonly Node[]): Member[] {
  return nodes
    .filter(({ metadata, spec }) => {
      const isLeaving = spec?.taints?.some(({ key }) => key === TO_BE_DELETED_TAINT) === true;
      return !isLeaving && !Object.hasOwn(metadata?.labels ?? {}, EXCLUDE_LABEL);
    })
    .flatMap(({ metadata, status }) => {
      const ips = status?.addresses?.filter(({ type }) => type === 'InternalIP') ?? [];
      const address = ips.map(({ address: text }) => text).find((text) => isIp(text, 4));
      return address === undefined ? [] : [{ node: metadata?.name ?? '', address }];
    })
    .sort((a, b) => (a.node < b.node ? -1 : 1));
}

/** Throws a `LoadBalancerRefusal` when it cannot be balanced. */
export function balancedService(service: Service, address: string, members: readonly Member[]): BalancedService {
  const { metadata, spec } = service;
  const isLocal = spec?.externalTrafficPolicy === 'Local';
  if (spec?.ipFamilies?.includes('IPv4') === false)
    throw new LoadBalancerRefusal('it has no IPv4 address, and this load balancer serves IPv4');
  return {
    key: `${metadata?.namespace ?? ''}/${metadata?.name ?? ''}`,
    address,
    ports: (spec?.ports ?? []).map(({ name = '', port, protocol = 'TCP', nodePort }) => {
      if (nodePort === undefined || nodePort === 0)
        throw new LoadBalancerRefusal(
          `port ${port}/${protocol} has no node port (allocateLoadBalancerNodePorts is false), and this load balancer's members are NodeIP:NodePort`,
        );
      return { name, port, protocol: protocol as Protocol, nodePort };
    }),
    members,
    ...(isLocal && spec?.healthCheckNodePort ? { healthCheckNodePort: spec.healthCheckNodePort } : {}),
    ...sourceRangesOf(spec?.loadBalancerSourceRanges ?? []),
    isSticky: spec?.sessionAffinity === 'ClientIP',
  };
}

/** Ranges of the other family let nobody in. */
function sourceRangesOf(ranges: readonly string[]): Pick<BalancedService, 'sourceRanges'> {
  if (ranges.length === 0) return {};
  const blocks = ranges.map((range) => parseCidr(range.trim())).filter((block) => block?.family === 4);
  return { sourceRanges: blocks.map((block) => formatCidr(block!)) };
}
