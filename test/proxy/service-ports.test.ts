import { describe, expect, it } from 'vitest';
import { servicePortsOf } from '../../src/proxy/service-ports.ts';
import { service } from './fixtures.ts';

describe('servicePortsOf', () => {
  it('gives one spec per port, with the name rules and hashes carry', () => {
    const ports = [
      { name: 'http', port: 80, nodePort: 30080 },
      { port: 53, protocol: 'UDP' },
    ];
    const specs = servicePortsOf(service({ ports }), 4);
    expect([...specs.keys()]).toEqual(['ns1/svc1:http/TCP', 'ns1/svc1/UDP']);
    expect(specs.get('ns1/svc1:http/TCP')).toMatchObject({ nameString: 'ns1/svc1:http', port: 80, nodePort: 30080 });
    expect(specs.get('ns1/svc1/UDP')).toMatchObject({ nameString: 'ns1/svc1', nodePort: undefined });
  });

  it('takes the addresses of its family only, in canonical form and once', () => {
    const object = service({
      clusterIP: '10.96.0.7',
      clusterIPs: ['10.96.0.7', 'fd00:96:0::7'],
      externalIPs: ['192.0.2.1', 'FD00::1', 'fd00:0::1'],
      loadBalancerSourceRanges: ['192.0.2.0/24', ' fd00::/64 '],
    });
    expect(servicePortsOf(object, 6).get('ns1/svc1:p80/TCP')).toMatchObject({
      clusterIP: 'fd00:96::7',
      externalIPs: ['fd00::1'],
      loadBalancerSourceRanges: ['fd00::/64'],
    });
    expect(servicePortsOf(service({ clusterIP: '10.96.0.7' }), 6).size).toBe(0);
  });

  it('takes source ranges as networks: their own bits do not count', () => {
    const ranges = { loadBalancerSourceRanges: ['10.1.2.3/8', '10.0.0.0/8\t', 'FD00::1/64'] };
    const rangesOf = (family: 4 | 6, clusterIP: string) =>
      servicePortsOf(service({ ...ranges, clusterIP }), family).get('ns1/svc1:p80/TCP')?.loadBalancerSourceRanges;
    expect(rangesOf(4, '10.96.0.7')).toEqual(['10.0.0.0/8']);
    expect(rangesOf(6, 'fd00:96::7')).toEqual(['fd00::/64']);
  });

  it('knows policy Local only where outside traffic can come', () => {
    const policy = { externalTrafficPolicy: 'Local' as const, healthCheckNodePort: 32000 };
    const local = (spec: object) => servicePortsOf(service({ ...policy, ...spec }), 4).get('ns1/svc1:p80/TCP');
    expect(local({})).toMatchObject({ isExternalPolicyLocal: false, healthCheckNodePort: undefined });
    expect(local({ externalIPs: ['192.0.2.1'] })).toMatchObject({ isExternalPolicyLocal: true });
    expect(local({ type: 'NodePort' })).toMatchObject({ isExternalPolicyLocal: true, healthCheckNodePort: undefined });
    expect(local({ type: 'LoadBalancer' })).toMatchObject({ isExternalPolicyLocal: true, healthCheckNodePort: 32000 });
  });

  it('lets a client stick for three hours unless told otherwise', () => {
    const affinity = (spec: object) => servicePortsOf(service(spec), 4).get('ns1/svc1:p80/TCP')?.affinitySeconds;
    expect(affinity({})).toBeUndefined();
    expect(affinity({ sessionAffinity: 'ClientIP' })).toBe(10_800);
    expect(affinity({ sessionAffinity: 'ClientIP', sessionAffinityConfig: { clientIP: { timeoutSeconds: 5 } } })).toBe(
      5,
    );
  });

  it.each([
    ['a name that would end a comment', service({}, 'ns1/svc"1')],
    ['a name with a line break', service({}, 'ns1/svc1\nCOMMIT')],
    ["a port's name with spaces", service({ ports: [{ name: 'a -j ACCEPT', port: 80 }] })],
    ['a port out of range', service({ ports: [{ port: 65_536 }] })],
    ['an unknown protocol', service({ ports: [{ port: 80, protocol: 'ICMP' }] })],
    ['an address that is none', service({ clusterIP: '10.96.0.1 -j ACCEPT' })],
  ])('leaves out %s, even if an API server let it in', (_, object) => {
    expect(servicePortsOf(object, 4).size).toBe(0);
  });
});
