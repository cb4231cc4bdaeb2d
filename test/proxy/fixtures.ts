/** Services, EndpointSlices and views for tests, with as few words as the case needs. */
import type { ServicePortViews } from '../../src/objects/service-port-view.ts';
import type { Endpoint, EndpointSlice, Service, ServicePort, ServiceSpec } from '../../src/objects/wire.ts';
import { type Desired, defaultFacts, type ProxyFacts } from '../../src/proxy/backends/backend.ts';
import { ServicePortTracker } from '../../src/proxy/service-port-tracker.ts';

export const NODE = 'node-1';

/** `ns1/svc1` with port p80 unless `spec` says otherwise. */
export function service(spec: Partial<ServiceSpec> = {}, name = 'ns1/svc1', extra: Partial<Service> = {}): Service {
  const [namespace, short] = name.split('/') as [string, string];
  const ports: ServicePort[] = [{ name: 'p80', port: 80, protocol: 'TCP' }];
  return {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: { namespace, name: short, resourceVersion: '1' },
    spec: { type: 'ClusterIP', clusterIP: '172.30.0.41', ports, ...spec },
    ...extra,
  };
}

export interface EndpointWords extends Omit<Endpoint, 'addresses'> {
  readonly ip: string;
}

/** A slice of `ns1/svc1`; an endpoint may be its address alone. */
export function slice(
  endpoints: readonly (string | EndpointWords)[],
  options: { service?: string; name?: string; ports?: EndpointSlice['ports']; family?: 4 | 6 } = {},
): EndpointSlice {
  const [namespace, service] = (options.service ?? 'ns1/svc1').split('/') as [string, string];
  return {
    metadata: {
      namespace,
      name: options.name ?? `${service}-1`,
      labels: { 'kubernetes.io/service-name': service },
      resourceVersion: '1',
    },
    addressType: `IPv${options.family ?? 4}`,
    ports: options.ports ?? [{ name: 'p80', port: 80, protocol: 'TCP' }],
    endpoints: endpoints.map((words) => {
      const { ip, ...rest } = typeof words === 'string' ? { ip: words } : words;
      return { addresses: [ip], ...rest };
    }),
  };
}

/** The views of node-1 for these objects. */
export function viewsOf(
  services: readonly Service[],
  slices: readonly EndpointSlice[] = [],
  options: { family?: 4 | 6; zone?: string } = {},
): ServicePortViews {
  const tracker = new ServicePortTracker({ nodeName: NODE, family: options.family ?? 4 });
  tracker.setZone(options.zone ?? '');
  for (const object of services) tracker.setService(object);
  for (const object of slices) tracker.setEndpointSlice(object);
  return tracker.update().views;
}

export const FACTS_4 = defaultFacts({
  family: 4,
  nodeIP: '192.168.1.11',
  localTraffic: { by: 'cidr', cidr: '10.244.0.0/16' },
});

export const FACTS_6 = defaultFacts({
  family: 6,
  nodeIP: 'fd00:1::11',
  localTraffic: { by: 'cidr', cidr: 'fd00:244::/56' },
});

export function desired(views: ServicePortViews, facts: Partial<ProxyFacts> = {}): Desired {
  return { views, facts: { ...FACTS_4, ...facts } };
}
