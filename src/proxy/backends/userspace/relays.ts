/**
 * Which relays a Service port needs: a relay is a port of the node's on which a process accepts and passes on to one of
 * its endpoints. Traffic policies are told apart by the port: one relay for all endpoints, one for those of this node. Pure.
 */
import {
  type ServicePortView,
  type ServicePortViews,
  usesClusterEndpoints,
  usesLocalEndpoints,
  viewKey,
} from '../../../objects/service-port-view.ts';

export interface RelaySpec {
  /** Unique among the relays of a node and family. */
  readonly key: string;
  readonly protocol: 'TCP' | 'UDP';
  readonly endpoints: readonly { readonly ip: string; readonly port: number }[];
  /** Seconds a client sticks to an endpoint; undefined without session affinity. */
  readonly affinitySeconds?: number;
  /** The port it had before; any other will do when that is taken. */
  readonly port?: number;
}

/** The port each relay listens on, by its key. */
export type RelayPorts = ReadonlyMap<string, number>;

/** Key of the relay to all endpoints that policy Cluster allows, or to those of this node. */
export function relayKey(view: Pick<ServicePortView, 'name'>, isLocal: boolean): string {
  return `${viewKey(view.name)}${isLocal ? ' local' : ''}`;
}

/** The relays of one Service port. None for SCTP, which the userspace proxy never had (proxysocket.go: "unknown protocol"). */
export function relaysOf(view: ServicePortView): RelaySpec[] {
  const { protocol } = view.name;
  if (protocol === 'SCTP') return [];
  const relay = (isLocal: boolean): RelaySpec => ({
    key: relayKey(view, isLocal),
    protocol,
    endpoints: (isLocal ? view.endpoints.local : view.endpoints.cluster).map(({ ip, port }) => ({ ip, port })),
    ...(view.affinitySeconds === undefined ? {} : { affinitySeconds: view.affinitySeconds }),
  });
  return [...(usesClusterEndpoints(view) ? [relay(false)] : []), ...(usesLocalEndpoints(view) ? [relay(true)] : [])];
}

/** Ports of relays for UDP: replies from these are no answers of endpoints. */
export function udpPorts(views: ServicePortViews, ports: RelayPorts): number[] {
  if (ports.size === 0) return [];
  return [...views.values()]
    .filter(({ name }) => name.protocol === 'UDP')
    .flatMap((view) => relaysOf(view).map(({ key }) => ports.get(key)))
    .filter((port) => port !== undefined);
}
