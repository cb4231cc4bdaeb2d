import { describe, expect, it } from 'vitest';
import { serviceChecks } from '../../src/proxy/service-health.ts';
import { NODE, service, slice, viewsOf } from './fixtures.ts';

const PORTS = [
  { name: 'http', port: 80 },
  { name: 'https', port: 443 },
];
const TARGETS = PORTS.map(({ name, port }) => ({ name, port: port + 8000, protocol: 'TCP' }));
const balancer = (more = {}) =>
  service({ type: 'LoadBalancer', externalTrafficPolicy: 'Local', healthCheckNodePort: 32_000, ports: PORTS, ...more });
const here = (ip: string, conditions = {}) => ({ ip, nodeName: NODE, conditions });

describe('health checks of Services', () => {
  it('count each ready address on this node once, whatever it serves', () => {
    const slices = [slice([here('10.244.1.2'), here('10.244.1.3'), '10.244.2.2'], { ports: TARGETS })];
    expect(serviceChecks([viewsOf([balancer()], slices)])).toEqual(
      new Map([['ns1/svc1', { namespace: 'ns1', name: 'svc1', port: 32_000, localEndpoints: 2 }]]),
    );
  });

  it('do not count those on their way out, although they serve', () => {
    const leaving = here('10.244.1.2', { ready: false, serving: true, terminating: true });
    const checks = serviceChecks([viewsOf([balancer()], [slice([leaving], { ports: TARGETS })])]);
    expect(checks.get('ns1/svc1')?.localEndpoints).toBe(0);
  });

  // upstream: each family's proxier has a server that counts its own (pkg/proxy/endpointschangetracker.go, LocalReadyEndpoints)
  it('count a pod of two families once', () => {
    const v6 = { clusterIP: 'fd00:96::1' };
    const four = viewsOf([balancer()], [slice([here('10.244.1.2')], { ports: TARGETS })]);
    const six = viewsOf([balancer(v6)], [slice([here('fd00:244::2')], { ports: TARGETS, family: 6 })], { family: 6 });
    expect(serviceChecks([four, six]).get('ns1/svc1')?.localEndpoints).toBe(1);
    expect(serviceChecks([viewsOf([]), six]).get('ns1/svc1')?.localEndpoints).toBe(1);
  });

  it('are there for policy Local of a load balancer alone', () => {
    for (const more of [{ externalTrafficPolicy: 'Cluster' }, { type: 'NodePort' }])
      expect(serviceChecks([viewsOf([balancer(more)])]).size).toBe(0);
  });
});
