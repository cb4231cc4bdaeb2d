/** A small cluster as DNS sees it: the objects of the specification's examples. */
import { RecordIndex } from '../../src/dns/record-index.ts';
import { ClusterZone } from '../../src/dns/zone.ts';
import type { EndpointSlice, Service, ServiceSpec } from '../../src/objects/wire.ts';

export const service = (name: string, spec: ServiceSpec, namespace = 'default'): Service => ({
  metadata: { name, namespace },
  spec,
});

export const slice = (
  owner: string,
  endpoints: EndpointSlice['endpoints'],
  ports: EndpointSlice['ports'] = [{ name: 'http', protocol: 'TCP', port: 8080 }],
  name = `${owner}-abc`,
): EndpointSlice => ({
  metadata: { name, namespace: 'default', labels: { 'kubernetes.io/service-name': owner } },
  addressType: 'IPv4',
  endpoints,
  ports,
});

export const SERVICES = [
  service('web', {
    clusterIP: '10.96.7.7',
    clusterIPs: ['10.96.7.7'],
    ports: [
      { name: 'http', port: 80, protocol: 'TCP' },
      { name: 'dns', port: 53, protocol: 'UDP' },
    ],
  }),
  service('plain', { clusterIP: '10.96.7.8', ports: [{ port: 80 }] }),
  service('dual', { clusterIP: '10.96.7.9', clusterIPs: ['10.96.7.9', 'fd00:96::9'], ports: [{ name: 'x', port: 1 }] }),
  service('db', { clusterIP: 'None', ports: [{ name: 'http', port: 80 }] }),
  service('empty', { clusterIP: 'None', ports: [{ name: 'http', port: 80 }] }),
  service('outside', { type: 'ExternalName', externalName: 'Database.Example.com.' }),
  service('inside', { type: 'ExternalName', externalName: 'web.default.svc.cluster.local' }),
  service('loop', { type: 'ExternalName', externalName: 'loop.default.svc.cluster.local' }),
  service('number', { type: 'ExternalName', externalName: '192.168.1.23' }),
];

export const SLICES = [
  slice('web', [{ addresses: ['10.244.1.2'], conditions: { ready: true } }]),
  slice('db', [
    { addresses: ['10.244.1.3'], hostname: 'db-0', conditions: { ready: true } },
    { addresses: ['10.244.2.3'], hostname: 'db-1' },
    { addresses: ['10.244.2.4'], conditions: { ready: true } },
    { addresses: ['10.244.2.5'], hostname: 'db-9', conditions: { ready: false } },
  ]),
];

/** The zone `cluster.local` of these objects. */
export function zoneOf(services = SERVICES, slices = SLICES): { zone: ClusterZone; index: RecordIndex } {
  const index = new RecordIndex();
  for (const name of ['default', 'kube-system']) index.setNamespace({ metadata: { name } }, true);
  for (const each of services) index.setService(each, true);
  for (const each of slices) index.setSlice(each, true);
  return { zone: new ClusterZone(index, { domain: 'cluster.local', serverAddress: '10.244.1.2' }), index };
}
