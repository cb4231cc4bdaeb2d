import { describe, expect, it } from 'vitest';
import {
  balancedService,
  CLEANUP_FINALIZER,
  membersOf,
  needsCleanup,
  wantsLoadBalancer,
} from '../../src/cloud/balanced-service.ts';
import type { Node, Service, ServiceSpec } from '../../src/objects/wire.ts';

const service = (spec: ServiceSpec, metadata: Service['metadata'] = {}): Service => ({
  metadata: { name: 'web', namespace: 'shop', ...metadata },
  spec: { type: 'LoadBalancer', ports: [{ port: 80, protocol: 'TCP', nodePort: 30080 }], ...spec },
});

const node = (name: string, fields: Partial<Node> = {}): Node => ({
  metadata: { name, ...fields.metadata },
  spec: fields.spec ?? {},
  status: { addresses: [{ type: 'InternalIP', address: `192.168.1.${name.length}` }] },
});

describe('whose Service it is', () => {
  it.each([
    [{}, true],
    [{ loadBalancerClass: 'podwire.dev/cloud' }, true],
    [{ loadBalancerClass: 'example.com/other' }, false],
    [{ type: 'NodePort' }, false],
  ])('%j: %s', (spec, expected) => expect(wantsLoadBalancer(service(spec))).toBe(expected));

  it.each([
    ['a Service that was never balanced', {}, {}, false],
    ['one that is', {}, { finalizers: [CLEANUP_FINALIZER] }, false],
    ['one of another type now', { type: 'ClusterIP' }, { finalizers: [CLEANUP_FINALIZER] }, true],
    ['one in deletion', {}, { finalizers: [CLEANUP_FINALIZER], deletionTimestamp: '2026-01-01T00:00:00Z' }, true],
    ['one in deletion, for another reason', {}, { deletionTimestamp: '2026-01-01T00:00:00Z' }, false],
  ] as const)('cleaning up %s: %s', (_, spec, metadata, expected) => {
    expect(needsCleanup(service(spec, { ...metadata } as Service['metadata']))).toBe(expected);
  });
});

describe('members', () => {
  it('are the nodes by name, but for those excluded, leaving or without an address', () => {
    const nodes = [
      node('zz'),
      node('a'),
      node('plane', { metadata: { labels: { 'node.kubernetes.io/exclude-from-external-load-balancers': '' } } }),
      node('leaving', { spec: { taints: [{ key: 'ToBeDeletedByClusterAutoscaler', effect: 'NoSchedule' }] } }),
      { metadata: { name: 'new' } },
    ];
    expect(membersOf(nodes)).toEqual([
      { node: 'a', address: '192.168.1.1' },
      { node: 'zz', address: '192.168.1.2' },
    ]);
  });

  it('need not be Ready: their health check says more', () => {
    const unready = node('a');
    unready.status!.conditions = [{ type: 'Ready', status: 'Unknown' }];
    expect(membersOf([unready])).toHaveLength(1);
  });
});

describe('what is balanced', () => {
  it('is each port on its node port', () => {
    expect(balancedService(service({}), '203.0.113.1', [])).toEqual({
      key: 'shop/web',
      address: '203.0.113.1',
      ports: [{ name: '', port: 80, protocol: 'TCP', nodePort: 30080 }],
      members: [],
      isSticky: false,
    });
  });

  it('is checked on the healthCheckNodePort with policy Local alone', () => {
    const local = service({ externalTrafficPolicy: 'Local', healthCheckNodePort: 32000, sessionAffinity: 'ClientIP' });
    expect(balancedService(local, 'x', [])).toMatchObject({ healthCheckNodePort: 32000, isSticky: true });
    const cluster = service({ externalTrafficPolicy: 'Cluster', healthCheckNodePort: 32000 });
    expect(balancedService(cluster, 'x', [])).not.toHaveProperty('healthCheckNodePort');
  });

  it('lets the source ranges in, of its family, and so nobody when all are of the other', () => {
    const ranges = (loadBalancerSourceRanges: string[]) =>
      balancedService(service({ loadBalancerSourceRanges }), 'x', []).sourceRanges;
    expect(ranges([' 10.1.2.3/8 ', 'fd00::/8'])).toEqual(['10.0.0.0/8']);
    expect(ranges(['fd00::/8'])).toEqual([]);
    expect(ranges([])).toBeUndefined();
  });

  it('is refused without node ports', () => {
    const bare = service({ ports: [{ port: 80, protocol: 'TCP' }] });
    expect(() => balancedService(bare, 'x', [])).toThrow('port 80/TCP has no node port');
  });
});
