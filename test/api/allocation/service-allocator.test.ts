import { describe, expect, it } from 'vitest';
import { ServiceAllocator } from '../../../src/api/allocation/service-allocator.ts';
import type { Service, ServiceSpec } from '../../../src/objects/wire.ts';

const PORTS = { first: 30000, last: 32767 };

function service(spec: ServiceSpec = {}): Service {
  return { metadata: { name: 'web' }, spec: { type: 'ClusterIP', ports: [{ port: 80, protocol: 'TCP' }], ...spec } };
}

function taken(allocator: ServiceAllocator, spec: ServiceSpec = {}): ServiceSpec {
  const object = service(spec);
  expect([...allocator.settle(object, undefined), ...allocator.allocate(object, undefined, false)]).toEqual([]);
  return object.spec!;
}

function refusal(allocator: ServiceAllocator, spec: ServiceSpec, previous?: Service): string | undefined {
  const object = service(spec);
  const unsettled = allocator.settle(object, previous);
  return [...unsettled, ...allocator.allocate(object, previous, false)][0]?.message;
}

describe('cluster IPs', () => {
  it('come from the upper part of the range: the first 256 are left to those who choose', () => {
    const allocator = new ServiceAllocator(['10.96.0.0/12'], PORTS, () => 0);
    expect(taken(allocator)).toMatchObject({
      clusterIP: '10.96.1.1',
      clusterIPs: ['10.96.1.1'],
      ipFamilies: ['IPv4'],
      ipFamilyPolicy: 'SingleStack',
    });
    expect(taken(allocator).clusterIP).toBe('10.96.1.2');
    expect(taken(new ServiceAllocator(['10.96.0.0/12'], PORTS, () => 0.999999999)).clusterIP).toMatch(/^10\.111\./);
  });

  it('come from the lower part when the upper one is full, and never are network or broadcast', () => {
    const allocator = new ServiceAllocator(['10.0.0.0/27'], PORTS);
    const all = Array.from({ length: 30 }, () => taken(allocator).clusterIP);
    expect(new Set(all).size).toBe(30);
    expect(all).not.toContain('10.0.0.0');
    expect(all).not.toContain('10.0.0.31');
    expect(() => taken(allocator)).toThrow('failed to allocate a serviceIP: range is full');
  });

  it('can be chosen, once', () => {
    const allocator = new ServiceAllocator(['10.96.0.0/12'], PORTS);
    expect(taken(allocator, { clusterIP: '10.96.0.10' }).clusterIPs).toEqual(['10.96.0.10']);
    expect(refusal(allocator, { clusterIP: '10.96.0.10' })).toBe(
      'Invalid value: ["10.96.0.10"]: failed to allocate IP 10.96.0.10: provided IP is already allocated',
    );
  });

  it('come back on release, and are taken again by restore', () => {
    const allocator = new ServiceAllocator(['10.96.0.0/12'], PORTS);
    const first = service(taken(allocator, { clusterIP: '10.96.0.20' }));
    allocator.release(first);
    expect(refusal(allocator, { clusterIP: '10.96.0.20' })).toBeUndefined();
    const restarted = new ServiceAllocator(['10.96.0.0/12'], PORTS);
    restarted.restore(first);
    expect(refusal(restarted, { clusterIP: '10.96.0.20' })).toContain('already allocated');
  });

  it('come from further ranges while those are there', () => {
    const allocator = new ServiceAllocator(['10.96.0.0/12'], PORTS);
    expect(refusal(allocator, { clusterIP: '10.10.5.91' })).toContain(
      'the provided network does not match the current range',
    );
    allocator.addRanges('sources', ['10.10.5.0/24', '172.17.188.0/24']);
    expect(taken(allocator, { clusterIP: '10.10.5.91' }).clusterIP).toBe('10.10.5.91');
    expect(refusal(allocator, { clusterIP: '10.11.0.1' })).toContain('does not match the current range');
    allocator.removeRanges('sources');
    expect(refusal(allocator, { clusterIP: '10.10.5.92' })).toContain('does not match the current range');
    allocator.removeRanges('kubernetes');
    expect(refusal(allocator, { clusterIP: '10.96.0.77' })).toBeUndefined();
  });

  it('a headless Service has none', () => {
    const allocator = new ServiceAllocator(['10.96.0.0/12'], PORTS);
    expect(taken(allocator, { clusterIP: 'None' })).toMatchObject({ clusterIP: 'None', clusterIPs: ['None'] });
    expect(refusal(allocator, { clusterIP: 'None' })).toBeUndefined();
  });

  it('of both families where the cluster has both and the Service wants both', () => {
    const allocator = new ServiceAllocator(['10.96.0.0/16', 'fd00:10:96::/112'], PORTS, () => 0);
    expect(taken(allocator, { ipFamilyPolicy: 'PreferDualStack' })).toMatchObject({
      clusterIPs: ['10.96.1.1', 'fd00:10:96::101'],
      ipFamilies: ['IPv4', 'IPv6'],
    });
    expect(taken(allocator, { ipFamilies: ['IPv6'] }).clusterIPs).toEqual(['fd00:10:96::102']);
  });
});

describe('node ports', () => {
  it('come from behind the part left to those who choose', () => {
    const allocator = new ServiceAllocator(['10.96.0.0/12'], PORTS, () => 0);
    expect(taken(allocator, { type: 'NodePort' }).ports?.[0]?.nodePort).toBe(30086);
  });

  it('one serves the same port over two protocols', () => {
    const ports = [
      { name: 'dns', port: 53, protocol: 'UDP' },
      { name: 'dns-tcp', port: 53, protocol: 'TCP' },
    ];
    const spec = taken(new ServiceAllocator(['10.96.0.0/12'], PORTS), { type: 'NodePort', ports });
    expect(spec.ports?.[0]?.nodePort).toBe(spec.ports?.[1]?.nodePort);
  });

  it('are taken all or not at all', () => {
    const allocator = new ServiceAllocator(['10.96.0.0/12'], PORTS);
    taken(allocator, { type: 'NodePort', ports: [{ port: 1, protocol: 'TCP', nodePort: 30001 }] });
    const ports = [
      { name: 'a', port: 1, protocol: 'TCP', nodePort: 30002 },
      { name: 'b', port: 2, protocol: 'TCP', nodePort: 30001 },
    ];
    expect(refusal(allocator, { type: 'NodePort', ports })).toBe(
      'Invalid value: 30001: provided port is already allocated',
    );
    expect(refusal(allocator, { type: 'NodePort', ports: [ports[0]!] })).toBeUndefined();
  });

  it('a refused change leaves the Service what it had', () => {
    const allocator = new ServiceAllocator(['10.96.0.0/12'], PORTS);
    taken(allocator, { type: 'NodePort', ports: [{ port: 1, protocol: 'TCP', nodePort: 30001 }] });
    const mine = service(
      taken(allocator, { type: 'NodePort', ports: [{ port: 1, protocol: 'TCP', nodePort: 30002 }] }),
    );
    const change = { ...mine.spec, ports: [{ port: 1, protocol: 'TCP', nodePort: 30001 }] };
    expect(refusal(allocator, change, mine)).toContain('already allocated');
    expect(refusal(allocator, { type: 'NodePort', ports: [{ port: 1, protocol: 'TCP', nodePort: 30002 }] })).toContain(
      'already allocated',
    );
  });

  it('a dry run takes nothing', () => {
    const allocator = new ServiceAllocator(['10.96.0.0/12'], PORTS);
    const spec = { type: 'NodePort', ports: [{ port: 1, protocol: 'TCP', nodePort: 30001 }] };
    expect(allocator.allocate(service(spec), undefined, true)).toEqual([]);
    expect(refusal(allocator, spec)).toBeUndefined();
  });

  it('a load balancer with local traffic gets a health check port, one that wants no node ports gets none', () => {
    const allocator = new ServiceAllocator(['10.96.0.0/12'], PORTS);
    const spec = taken(allocator, {
      type: 'LoadBalancer',
      externalTrafficPolicy: 'Local',
      allocateLoadBalancerNodePorts: false,
    });
    expect(spec.ports?.[0]?.nodePort).toBeUndefined();
    expect(spec.healthCheckNodePort).toBeGreaterThanOrEqual(30000);
  });

  it('a full range says so', () => {
    const allocator = new ServiceAllocator(['10.96.0.0/12'], { first: 30000, last: 30000 });
    taken(allocator, { type: 'NodePort' });
    expect(() => taken(allocator, { type: 'NodePort' })).toThrow('failed to allocate a nodePort: range is full');
  });
});
