/**
 * One Service as DNS sees it: from the object and its EndpointSlices to addresses, endpoint names and SRV targets.
 * Pure.
 */
import { isIp } from '../net/ip.ts';
import type { Endpoint, EndpointSlice, Service } from '../objects/wire.ts';

export interface SrvTarget {
  readonly port: number;
  /** The endpoint's label below the Service's name; empty: the Service itself. */
  readonly endpoint: string;
}

export interface ServiceEntry {
  readonly namespace: string;
  readonly name: string;
  /** ExternalName: the target of the CNAME, empty where that is no name; everything else is empty then. */
  readonly externalName?: string;
  /** What A and AAAA answer: the ClusterIPs, or of a headless Service the ready endpoints. */
  readonly addresses: readonly string[];
  readonly clusterIps: readonly string[];
  /** Endpoint label (hostname, or dashed address) → addresses. */
  readonly endpoints: ReadonlyMap<string, readonly string[]>;
  /** `_port._proto` → targets; named ports only. */
  readonly srv: ReadonlyMap<string, readonly SrvTarget[]>;
}

/** `_http._tcp`, in lower case. */
export function srvLabel(port: string, protocol = 'TCP'): string {
  return `_${port}._${protocol}`.toLowerCase();
}

/** The label of an endpoint: its hostname, or its address with dashes. */
export function endpointLabel(endpoint: Endpoint, address: string): string {
  return (endpoint.hostname ?? '') === '' ? address.replace(/[.:]/g, '-') : endpoint.hostname!.toLowerCase();
}

/** The entry of a Service from its slices. */
export function serviceEntry(service: Service, slices: readonly EndpointSlice[]): ServiceEntry {
  const { namespace = '', name = '' } = service.metadata ?? {};
  const spec = service.spec ?? {};
  const base = { namespace, name, clusterIps: [], endpoints: new Map(), srv: new Map() };
  if (spec.type === 'ExternalName') {
    const target = (spec.externalName ?? '').replace(/\.$/, '').toLowerCase();
    return { ...base, addresses: [], externalName: isIp(target) ? '' : target };
  }
  const clusterIps = (spec.clusterIPs ?? [spec.clusterIP ?? '']).filter((ip) => isIp(ip));
  const endpoints = endpointsOf(slices);
  if (clusterIps.length > 0)
    return { ...base, clusterIps, addresses: clusterIps, endpoints, srv: clusterIpSrv(service) };
  return { ...base, addresses: [...new Set([...endpoints.values()].flat())], endpoints, srv: headlessSrv(slices) };
}

function endpointsOf(slices: readonly EndpointSlice[]): Map<string, string[]> {
  const endpoints = new Map<string, string[]>();
  for (const { label, address } of readyEndpoints(slices)) {
    const known = endpoints.get(label);
    if (known === undefined) endpoints.set(label, [address]);
    else if (!known.includes(address)) known.push(address);
  }
  return endpoints;
}

function clusterIpSrv(service: Service): Map<string, SrvTarget[]> {
  const srv = new Map<string, SrvTarget[]>();
  for (const { name, protocol, port } of service.spec?.ports ?? []) {
    if (name) srv.set(srvLabel(name, protocol), [{ port, endpoint: '' }]);
  }
  return srv;
}

function headlessSrv(slices: readonly EndpointSlice[]): Map<string, SrvTarget[]> {
  const srv = new Map<string, Map<string, SrvTarget>>();
  for (const slice of slices) {
    for (const { name, protocol, port } of slice.ports ?? []) {
      if (!name || port === undefined) continue;
      const label = srvLabel(name, protocol);
      const targets = srv.get(label) ?? new Map<string, SrvTarget>();
      for (const endpoint of readyEndpoints([slice]))
        targets.set(`${endpoint.label}:${port}`, { port, endpoint: endpoint.label });
      srv.set(label, targets);
    }
  }
  return new Map([...srv].map(([label, targets]) => [label, [...targets.values()]]));
}

function* readyEndpoints(slices: readonly EndpointSlice[]): Generator<{ label: string; address: string }> {
  for (const slice of slices) {
    if (slice.addressType === 'FQDN') continue;
    for (const endpoint of slice.endpoints ?? []) {
      // Absent means ready. With publishNotReadyAddresses the controller says ready for every one.
      if (endpoint.conditions?.ready === false) continue;
      for (const address of endpoint.addresses) yield { label: endpointLabel(endpoint, address), address };
    }
  }
}
