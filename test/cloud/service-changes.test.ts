import { expect, it } from 'vitest';
import { serviceChange } from '../../src/cloud/service-changes.ts';
import type { Service, ServiceSpec } from '../../src/objects/wire.ts';

const service = (spec: ServiceSpec = {}, more: Partial<Service> = {}): Service => ({
  metadata: { name: 'web', uid: 'u1', ...more.metadata },
  spec: { type: 'LoadBalancer', ports: [{ port: 80, nodePort: 30080 }], ...spec },
  ...(more.status === undefined ? {} : { status: more.status }),
});

it.each([
  ['a change of type', { type: 'ClusterIP' }, {}, 'Type', 'ClusterIP -> LoadBalancer'],
  [
    'source ranges',
    {},
    { loadBalancerSourceRanges: ['10.0.0.0/8', '1.2.3.4/32'] },
    'LoadBalancerSourceRanges',
    '[] -> [10.0.0.0/8 1.2.3.4/32]',
  ],
  ['the address asked for', {}, { loadBalancerIP: '203.0.113.7' }, 'LoadbalancerIP', ' -> 203.0.113.7'],
  [
    'the policy',
    { externalTrafficPolicy: 'Cluster' },
    { externalTrafficPolicy: 'Local' },
    'ExternalTrafficPolicy',
    'Cluster -> Local',
  ],
  ['the health check', {}, { healthCheckNodePort: 32000 }, 'HealthCheckNodePort', '0 -> 32000'],
])('tells %s', (_, before, after, reason, message) => {
  expect(serviceChange(service(before), service(after))).toEqual({ needsUpdate: true, event: { reason, message } });
});

it('sees ports, affinity and annotations without a word', () => {
  const quiet = { needsUpdate: true };
  expect(serviceChange(service(), service({ ports: [{ port: 81, nodePort: 30080 }] }))).toEqual(quiet);
  expect(serviceChange(service(), service({ sessionAffinity: 'ClientIP' }))).toEqual(quiet);
  expect(
    serviceChange(service(), service({}, { metadata: { name: 'web', uid: 'u1', annotations: { a: 'b' } } })),
  ).toEqual(quiet);
});

it('passes over what is none of its business', () => {
  const nothing = { needsUpdate: false };
  expect(
    serviceChange(service(), service({}, { status: { loadBalancer: { ingress: [{ ip: '203.0.113.1' }] } } })),
  ).toEqual(nothing);
  expect(serviceChange(service({ type: 'ClusterIP' }), service({ type: 'NodePort' }))).toEqual(nothing);
});
