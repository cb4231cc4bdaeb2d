/** A custom Endpoints object as groups of endpoints, for its mirror in EndpointSlices. Pure. */
import type { Endpoint, EndpointSubset, Endpoints, Service } from '../../objects/wire.ts';
import { selectorOf } from '../service-pods.ts';
import { LAST_CHANGE } from '../trigger-times.ts';
import type { EndpointGroup } from './plan-slices.ts';
import { MANAGED_BY, MIRRORING_CONTROLLER, SERVICE_NAME } from './slice-labels.ts';
import { type AddressType, portsKey, type SlicePort } from './slice-ports.ts';

const SKIP = 'endpointslice.kubernetes.io/skip-mirror';
const LEADER = 'control-plane.alpha.kubernetes.io/leader';
const MANAGED_ENDPOINTS = 'endpoints.kubernetes.io/managed-by';
const LAST_APPLIED = 'kubectl.kubernetes.io/last-applied-configuration';

/** Whether these Endpoints are to be mirrored: custom ones, of a Service without selector. */
export function isMirrored(endpoints: Endpoints, service: Service | undefined): boolean {
  const { labels = {}, annotations = {} } = endpoints.metadata ?? {};
  if (labels[SKIP] === 'true' || labels[MANAGED_ENDPOINTS] !== undefined || annotations[LEADER] !== undefined)
    return false;
  return service !== undefined && service.spec?.type !== 'ExternalName' && selectorOf(service) === undefined;
}

/** The endpoints of one address family, by their ports. */
export function mirroredGroups(endpoints: Endpoints, addressType: AddressType): EndpointGroup[] {
  const groups = new Map<string, { ports: SlicePort[]; endpoints: Map<string, Endpoint> }>();
  for (const subset of endpoints.subsets ?? []) {
    const ports = portsOf(subset);
    const group = groups.get(portsKey(ports)) ?? { ports, endpoints: new Map<string, Endpoint>() };
    groups.set(portsKey(ports), group);
    for (const [ready, addresses] of [
      [true, subset.addresses],
      [false, subset.notReadyAddresses],
    ] as const) {
      for (const address of addresses ?? []) {
        if (address.ip.includes(':') !== (addressType === 'IPv6') || group.endpoints.has(address.ip)) continue;
        group.endpoints.set(address.ip, endpointOf(address, ready));
      }
    }
  }
  return [...groups.values()].map(({ ports, endpoints: each }) => ({ ports, endpoints: [...each.values()] }));
}

/** Labels and annotations that pass from the Endpoints to their mirror. */
export function mirroredMetadata(endpoints: Endpoints): {
  readonly labels: Record<string, string>;
  readonly annotations: Record<string, string>;
} {
  const { name = '', labels = {}, annotations = {} } = endpoints.metadata ?? {};
  const { [LAST_APPLIED]: _applied, [LAST_CHANGE]: _change, ...kept } = annotations;
  return { labels: { ...labels, [SERVICE_NAME]: name, [MANAGED_BY]: MIRRORING_CONTROLLER }, annotations: kept };
}

function portsOf({ ports = [] }: EndpointSubset): SlicePort[] {
  return ports.map(({ name = '', port, protocol = 'TCP', appProtocol }) => ({
    name,
    port,
    protocol,
    ...(appProtocol === undefined ? {} : { appProtocol }),
  }));
}

function endpointOf(address: NonNullable<EndpointSubset['addresses']>[number], ready: boolean): Endpoint {
  const { ip, hostname, nodeName, targetRef } = address;
  return {
    addresses: [ip],
    conditions: { ready },
    ...(hostname === undefined ? {} : { hostname }),
    ...(nodeName === undefined ? {} : { nodeName }),
    ...(targetRef === undefined ? {} : { targetRef }),
  };
}
