/** EndpointSlices as kube-proxy reads them: the slices of a Service merged into endpoints per Service port. Pure. */
import { hostPort } from '../net/host-port.ts';
import type { IpFamily } from '../net/ip.ts';
import { type EndpointView, viewKey } from '../objects/service-port-view.ts';
import type { Endpoint, EndpointSlice } from '../objects/wire.ts';
import { canonicalIp, isPort, protocolOf } from './service-ports.ts';

const SERVICE_NAME_LABEL = 'kubernetes.io/service-name';

/** `namespace/name` of the Service a slice belongs to; undefined for a slice of none. */
export function serviceKeyOf(slice: EndpointSlice): string | undefined {
  const name = slice.metadata?.labels?.[SERVICE_NAME_LABEL];
  return name === undefined || name === '' ? undefined : `${slice.metadata?.namespace ?? ''}/${name}`;
}

/**
 * Endpoints by view key, each list without duplicates and in address order. Of an endpoint listed twice the local one
 * wins. Slices of the other family (or FQDN) are passed over.
 */
export function endpointsOf(
  serviceKey: string,
  slices: Iterable<EndpointSlice>,
  family: IpFamily,
  nodeName: string,
): Map<string, EndpointView[]> {
  const slash = serviceKey.indexOf('/');
  const service = { namespace: serviceKey.slice(0, slash), name: serviceKey.slice(slash + 1) };
  const byKey = new Map<string, Map<string, EndpointView>>();
  for (const slice of slices) {
    if (slice.addressType !== `IPv${family}`) continue;
    for (const slicePort of slice.ports ?? []) {
      const protocol = protocolOf(slicePort.protocol);
      if (protocol === undefined || !isPort(slicePort.port)) continue;
      const key = viewKey({ ...service, port: slicePort.name ?? '', protocol });
      const endpoints = byKey.get(key) ?? new Map<string, EndpointView>();
      byKey.set(key, endpoints);
      for (const endpoint of slice.endpoints ?? []) {
        const view = endpointView(endpoint, slicePort.port, family, nodeName);
        if (view !== undefined && (view.isLocal || !endpoints.has(view.address))) endpoints.set(view.address, view);
      }
    }
  }
  return new Map([...byKey].map(([key, endpoints]) => [key, [...endpoints.values()].sort(byAddress)]));
}

function byAddress(a: EndpointView, b: EndpointView): number {
  return a.address < b.address ? -1 : a.address > b.address ? 1 : 0;
}

/** Conditions that are not set mean ready, serving, not terminating. Only an endpoint's first address counts. */
function endpointView(endpoint: Endpoint, port: number, family: IpFamily, nodeName: string): EndpointView | undefined {
  const ip = canonicalIp(endpoint.addresses?.[0] ?? '', family);
  if (ip === undefined) return undefined;
  const { conditions, hints } = endpoint;
  return Object.freeze({
    ip,
    port,
    address: hostPort(ip, port),
    isLocal: endpoint.nodeName === nodeName,
    isReady: conditions?.ready ?? true,
    isServing: conditions?.serving ?? true,
    isTerminating: conditions?.terminating ?? false,
    zoneHints: Object.freeze((hints?.forZones ?? []).map((zone) => zone.name)),
    nodeHints: Object.freeze((hints?.forNodes ?? []).map((node) => node.name)),
  });
}
