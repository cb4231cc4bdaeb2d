/** Arbitrary sequences of changes of Services and EndpointSlices, few enough names that the changes meet. */
import fc from 'fast-check';
import type { EndpointSlice, Service } from '../../src/objects/wire.ts';
import type { ServicePortTracker } from '../../src/proxy/service-port-tracker.ts';
import { NODE, service, slice } from './fixtures.ts';

const arbitraryService = fc.record({
  index: fc.integer({ min: 0, max: 3 }),
  type: fc.constantFrom('ClusterIP', 'NodePort', 'LoadBalancer'),
  nodePort: fc.boolean(),
  externalIP: fc.boolean(),
  ranges: fc.boolean(),
  affinity: fc.boolean(),
  externalLocal: fc.boolean(),
  internalLocal: fc.boolean(),
  ports: fc.subarray([80, 443], { minLength: 1 }),
});

const arbitraryEndpoint = fc.record({
  index: fc.integer({ min: 1, max: 4 }),
  local: fc.boolean(),
  state: fc.constantFrom('ready', 'serving', 'gone'),
});

export const arbitraryChange = fc.oneof(
  fc.record({ kind: fc.constant('service' as const), service: arbitraryService }),
  fc.record({ kind: fc.constant('delete-service' as const), index: fc.integer({ min: 0, max: 3 }) }),
  fc.record({
    kind: fc.constant('slice' as const),
    service: fc.integer({ min: 0, max: 3 }),
    slice: fc.integer({ min: 0, max: 1 }),
    endpoints: fc.array(arbitraryEndpoint, { maxLength: 4 }),
  }),
  fc.record({
    kind: fc.constant('delete-slice' as const),
    service: fc.integer({ min: 0, max: 3 }),
    slice: fc.integer({ min: 0, max: 1 }),
  }),
  fc.record({ kind: fc.constant('sync' as const) }),
  fc.record({ kind: fc.constant('lost' as const) }),
);

export type Change = typeof arbitraryChange extends fc.Arbitrary<infer T> ? T : never;

function serviceFrom(words: typeof arbitraryService extends fc.Arbitrary<infer T> ? T : never): Service {
  const isExternal = words.type !== 'ClusterIP';
  return service(
    {
      type: words.type,
      clusterIP: `10.96.0.${words.index + 1}`,
      ports: words.ports.map((port) => ({
        name: `p${port}`,
        port,
        ...(isExternal && words.nodePort ? { nodePort: 30_000 + words.index * 1000 + port } : {}),
      })),
      ...(words.externalIP ? { externalIPs: [`192.0.2.${words.index + 1}`] } : {}),
      ...(words.ranges ? { loadBalancerSourceRanges: ['203.0.113.0/24'] } : {}),
      ...(words.affinity ? { sessionAffinity: 'ClientIP' } : {}),
      ...(words.externalLocal ? { externalTrafficPolicy: 'Local', healthCheckNodePort: 32_000 + words.index } : {}),
      ...(words.internalLocal ? { internalTrafficPolicy: 'Local' } : {}),
    },
    `ns/s${words.index}`,
    words.type === 'LoadBalancer'
      ? { status: { loadBalancer: { ingress: [{ ip: `198.51.100.${words.index + 1}` }] } } }
      : {},
  );
}

function sliceFrom(change: Extract<Change, { kind: 'slice' | 'delete-slice' }>): EndpointSlice {
  const endpoints = change.kind === 'slice' ? change.endpoints : [];
  return slice(
    endpoints.map(({ index, local, state }) => ({
      ip: `10.244.1.${index}`,
      nodeName: local ? NODE : 'node-2',
      conditions: { ready: state === 'ready', serving: state !== 'gone', terminating: state !== 'ready' },
    })),
    {
      service: `ns/s${change.service}`,
      name: `slice-${change.slice}`,
      ports: [
        { name: 'p80', port: 8080, protocol: 'TCP' },
        { name: 'p443', port: 8443, protocol: 'TCP' },
      ],
    },
  );
}

/** Tells the tracker of a change; false for those that are no change of objects. */
export function applyChange(tracker: ServicePortTracker, change: Change): boolean {
  if (change.kind === 'service') tracker.setService(serviceFrom(change.service));
  else if (change.kind === 'delete-service')
    tracker.deleteService({ metadata: { namespace: 'ns', name: `s${change.index}` } });
  else if (change.kind === 'slice') tracker.setEndpointSlice(sliceFrom(change));
  else if (change.kind === 'delete-slice') tracker.deleteEndpointSlice(sliceFrom(change));
  else return false;
  return true;
}
