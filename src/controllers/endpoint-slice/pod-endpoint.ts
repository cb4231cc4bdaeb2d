/** A pod as an endpoint of a Service: address, conditions, where it runs. Pure. */
import type { Endpoint, Node, Pod, Service } from '../../objects/wire.ts';
import { isFinished, isReady, isTerminating } from '../pod-state.ts';
import type { AddressType } from './slice-ports.ts';

const ZONE = 'topology.kubernetes.io/zone';

/** Whether a pod has an endpoint at all: not ended, with an address of the family, on a node that exists. */
export function addressFor(pod: Pod, addressType: AddressType): string | undefined {
  if (isFinished(pod)) return undefined;
  const addresses = pod.status?.podIPs?.map(({ ip }) => ip) ?? [pod.status?.podIP ?? ''];
  return addresses.find((ip) => ip !== '' && ip.includes(':') === (addressType === 'IPv6'));
}

/** The endpoint of a pod at this address. `node` is the pod's, when it is known. */
export function podEndpoint(service: Service, pod: Pod, address: string, node: Node | undefined): Endpoint {
  const serving = isReady(pod);
  const terminating = isTerminating(pod);
  const ready = service.spec?.publishNotReadyAddresses === true || (serving && !terminating);
  const { name = '', namespace = '', uid } = pod.metadata ?? {};
  const zone = node?.metadata?.labels?.[ZONE];
  const { nodeName, hostname, subdomain } = pod.spec ?? {};
  const hints = ready ? hintsOf(service.spec?.trafficDistribution, zone, nodeName) : undefined;
  const named = hostname !== undefined && hostname !== '' && subdomain === service.metadata?.name;
  return {
    addresses: [address],
    conditions: { ready, serving, terminating },
    targetRef: { kind: 'Pod', namespace, name, ...(uid === undefined ? {} : { uid }) },
    ...(nodeName === undefined ? {} : { nodeName }),
    ...(zone === undefined ? {} : { zone }),
    ...(named ? { hostname } : {}),
    ...(hints === undefined ? {} : { hints }),
  };
}

/** For whom an endpoint is in the first place, as `spec.trafficDistribution` has it (KEP-3015). */
function hintsOf(
  distribution: string | undefined,
  zone: string | undefined,
  nodeName: string | undefined,
): Endpoint['hints'] {
  const forZones = zone === undefined ? undefined : [{ name: zone }];
  switch (distribution) {
    case 'PreferClose':
    case 'PreferSameZone':
      return forZones && { forZones };
    case 'PreferSameNode':
      return nodeName === undefined ? undefined : { forNodes: [{ name: nodeName }], ...(forZones && { forZones }) };
    default:
      return undefined;
  }
}

/** The address types a Service's slices have: one per IP family. */
export function addressTypesOf(service: Service): AddressType[] {
  const families = service.spec?.ipFamilies ?? [];
  if (families.length > 0) return families.map((family) => (family === 'IPv6' ? 'IPv6' : 'IPv4'));
  return [service.spec?.clusterIP?.includes(':') === true ? 'IPv6' : 'IPv4'];
}
