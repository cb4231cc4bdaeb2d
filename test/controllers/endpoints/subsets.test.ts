import { describe, expect, it } from 'vitest';
import { isMirrored, mirroredGroups } from '../../../src/controllers/endpoint-slice/mirror-endpoints.ts';
import { podEndpoint } from '../../../src/controllers/endpoint-slice/pod-endpoint.ts';
import { slicePortsFor } from '../../../src/controllers/endpoint-slice/slice-ports.ts';
import { subsetsOf } from '../../../src/controllers/endpoints/subsets.ts';
import type { Pod, Service } from '../../../src/objects/wire.ts';

function pod(
  name: string,
  ip: string,
  facts: { ready?: boolean; port?: number; going?: boolean; spec?: object } = {},
): Pod {
  const { ready = true, port = 8080, going = false, spec = {} } = facts;
  return {
    metadata: {
      name,
      namespace: 'shop',
      uid: `u-${name}`,
      ...(going ? { deletionTimestamp: '2026-01-01T00:00:00Z' } : {}),
    },
    spec: {
      nodeName: 'n1',
      containers: [{ name: 'c', image: 'x', ports: [{ name: 'http', containerPort: port }] }],
      ...spec,
    },
    status: {
      phase: 'Running',
      podIP: ip,
      podIPs: [{ ip }],
      conditions: [{ type: 'Ready', status: ready ? 'True' : 'False' }],
    },
  };
}

const service = (spec: object = {}): Service => ({
  metadata: { name: 'web', namespace: 'shop' },
  spec: { clusterIP: '10.96.0.5', ports: [{ port: 80, targetPort: 'http', protocol: 'TCP' }], ...spec },
});
const ips = (addresses: { ip: string }[] | undefined): string[] => (addresses ?? []).map(({ ip }) => ip);

describe('Endpoints subsets', () => {
  it('group by ports, ready apart from not ready, by number', () => {
    const pods = [
      pod('a', '10.0.0.10'),
      pod('b', '10.0.0.9'),
      pod('c', '10.0.0.3', { ready: false }),
      pod('d', '10.0.0.4', { port: 9090 }),
    ];
    const { subsets, truncated } = subsetsOf(service(), pods);
    expect(truncated).toBe(false);
    expect(subsets.map((subset) => [ips(subset.addresses), ips(subset.notReadyAddresses), subset.ports])).toEqual([
      [['10.0.0.9', '10.0.0.10'], ['10.0.0.3'], [{ port: 8080, protocol: 'TCP' }]],
      [['10.0.0.4'], [], [{ port: 9090, protocol: 'TCP' }]],
    ]);
  });

  it('leave out pods that go, end, or have no such port', () => {
    const pods = [
      pod('going', '10.0.0.1', { going: true }),
      { ...pod('ended', '10.0.0.2'), status: { phase: 'Succeeded', podIP: '10.0.0.2' } },
      pod('portless', '10.0.0.3', { spec: { containers: [] } }),
    ];
    expect(subsetsOf(service(), pods).subsets).toEqual([]);
  });

  it('with publishNotReadyAddresses hold all as ready, also those that go', () => {
    const pods = [pod('a', '10.0.0.1', { going: true }), pod('b', '10.0.0.2', { ready: false })];
    const { subsets } = subsetsOf(service({ publishNotReadyAddresses: true }), pods);
    expect(subsets.map(({ addresses, notReadyAddresses }) => [ips(addresses), notReadyAddresses])).toEqual([
      [['10.0.0.1', '10.0.0.2'], undefined],
    ]);
  });

  it('name pods by hostname when their subdomain is the Service', () => {
    const named = pod('a', '10.0.0.1', { spec: { hostname: 'web-0', subdomain: 'web', containers: [] } });
    const elsewhere = pod('b', '10.0.0.2', { spec: { hostname: 'db-0', subdomain: 'db', containers: [] } });
    const { subsets } = subsetsOf(service({ clusterIP: 'None', ports: [] }), [named, elsewhere]);
    const targetRef = { kind: 'Pod', namespace: 'shop', name: 'a', uid: 'u-a' };
    expect(subsets).toEqual([
      {
        addresses: [
          { ip: '10.0.0.1', hostname: 'web-0', nodeName: 'n1', targetRef },
          { ip: '10.0.0.2', nodeName: 'n1', targetRef: { ...targetRef, name: 'b', uid: 'u-b' } },
        ],
      },
    ]);
  });

  it('stop at a thousand addresses, the ready ones first', () => {
    const pods = Array.from({ length: 1001 }, (_, i) => pod(`p${i}`, `10.0.${i >> 8}.${i & 255}`, { ready: i > 0 }));
    const { subsets, truncated } = subsetsOf(service(), pods);
    expect([truncated, subsets[0]?.addresses?.length, subsets[0]?.notReadyAddresses]).toEqual([true, 1000, undefined]);
  });
});

describe('endpoints of slices', () => {
  it.each([
    ['ready', {}, {}, { ready: true, serving: true, terminating: false }],
    ['not ready', { ready: false }, {}, { ready: false, serving: false, terminating: false }],
    ['going', { going: true }, {}, { ready: false, serving: true, terminating: true }],
    [
      'not ready, published',
      { ready: false },
      { publishNotReadyAddresses: true },
      { ready: true, serving: false, terminating: false },
    ],
    [
      'going, published',
      { going: true },
      { publishNotReadyAddresses: true },
      { ready: true, serving: true, terminating: true },
    ],
  ])('of a pod that is %s', (_, facts, spec, conditions) => {
    expect(podEndpoint(service(spec), pod('a', '10.0.0.1', facts), '10.0.0.1', undefined).conditions).toEqual(
      conditions,
    );
  });

  it.each([
    ['a name', { port: 80, targetPort: 'http' }, 8080],
    ['a number', { port: 80, targetPort: 9 }, 9],
    ['nothing', { port: 80 }, 80],
    ['a name the pod does not have', { port: 80, targetPort: 'grpc' }, undefined],
    ['a name of another protocol', { port: 80, targetPort: 'http', protocol: 'UDP' }, undefined],
  ])('resolve a targetPort that is %s', (_, port, number) => {
    expect(slicePortsFor(service({ ports: [port] }), pod('a', '10.0.0.1'))[0]?.port).toBe(number);
  });
});

describe('mirrored Endpoints', () => {
  const endpoints = (metadata: object = {}) => ({
    metadata: { name: 'web', namespace: 'shop', ...metadata },
    subsets: [
      {
        addresses: [{ ip: '10.0.0.1' }, { ip: 'fd00::1' }],
        notReadyAddresses: [{ ip: '10.0.0.2' }],
        ports: [{ port: 1 }],
      },
      { addresses: [{ ip: '10.0.0.1' }, { ip: '10.0.0.3' }], ports: [{ port: 1 }] },
    ],
  });

  it.each([
    ['custom ones', {}, {}, true],
    ['of a Service with selector', {}, { selector: { a: 'b' } }, false],
    ['of an ExternalName', {}, { type: 'ExternalName' }, false],
    ['marked to be skipped', { labels: { 'endpointslice.kubernetes.io/skip-mirror': 'true' } }, {}, false],
    ['kept by the Endpoints controller', { labels: { 'endpoints.kubernetes.io/managed-by': 'x' } }, {}, false],
    ['of a leader election', { annotations: { 'control-plane.alpha.kubernetes.io/leader': '{}' } }, {}, false],
  ])('%s', (_, metadata, spec, mirrored) => {
    expect(isMirrored(endpoints(metadata), service(spec))).toBe(mirrored);
  });

  it('are split by family and merged by ports, each address once', () => {
    const addresses = (type: 'IPv4' | 'IPv6'): unknown =>
      mirroredGroups(endpoints(), type).map((group) =>
        group.endpoints.map(({ addresses: [ip], conditions }) => [ip, conditions?.ready]),
      );
    expect(addresses('IPv4')).toEqual([
      [
        ['10.0.0.1', true],
        ['10.0.0.2', false],
        ['10.0.0.3', true],
      ],
    ]);
    expect(addresses('IPv6')).toEqual([[['fd00::1', true]]]);
  });
});
