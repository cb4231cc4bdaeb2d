import { describe, expect, it } from 'vitest';
import type { EndpointSlice, Service } from '../../../../src/objects/wire.ts';
import type { ProxyFacts } from '../../../../src/proxy/backends/backend.ts';
import { NODE, service, slice, viewsOf } from '../../fixtures.ts';
import { flow, type Packet } from '../iptables/packet-flow.ts';
import { desired, Ports, synced } from './rules-under-test.ts';

// Which relay of node-1 (192.168.1.11) a packet comes to: the one to all endpoints, or the one to those of the node. Whom a
// relay then chooses is its own affair (endpoint-picker.test.ts), and so is what becomes of a Service without endpoints.

const POD = { source: '10.244.1.9', device: 'cni0' };
const NODE_ITSELF = { source: '192.168.1.11' };
const OUTSIDE = { source: '192.168.1.100', device: 'eth0' };
const FAR = { source: '203.0.113.5', device: 'eth0' };
const NODE_PORT = { name: 'p80', port: 80, nodePort: 30080 };
const BOTH: EndpointSlice[] = [
  slice([
    { ip: '10.244.1.2', nodeName: NODE },
    { ip: '10.244.2.2', nodeName: 'node-2' },
  ]),
];

const ALL = 'relay ns1/svc1:p80/TCP';
const LOCAL = 'relay ns1/svc1:p80/TCP local';

function fate(
  object: Service,
  from: Pick<Packet, 'source' | 'device'>,
  to: string,
  facts: Partial<ProxyFacts> = {},
  slices = BOTH,
) {
  const ports = new Ports();
  const model = synced(desired(viewsOf([object], slices), ports, facts));
  const [destination = '', port = ''] = to.split(':');
  const packet = { ...from, destination, port: Number(port) };
  const [outcome, ...others] = flow(model, packet, { addresses: ['192.168.1.11'] });
  expect(others).toEqual([]);
  if (outcome!.verdict !== 'ACCEPT') return outcome!.verdict;
  const relay = ports.keyOf(Number(/^192\.168\.1\.11:(\d+)$/.exec(outcome!.destination)?.[1]));
  return relay === undefined ? outcome!.destination : `relay ${relay}`;
}

describe('a cluster IP', () => {
  it('is relayed from everywhere, at its port and protocol alone', () => {
    for (const from of [POD, NODE_ITSELF, OUTSIDE]) expect(fate(service(), from, '172.30.0.41:80')).toBe(ALL);
    expect(fate(service(), POD, '172.30.0.41:81')).toBe('172.30.0.41:81');
  });

  it('with internalTrafficPolicy Local goes to this node’s endpoints', () => {
    const object = service({ internalTrafficPolicy: 'Local' });
    for (const from of [POD, NODE_ITSELF]) expect(fate(object, from, '172.30.0.41:80')).toBe(LOCAL);
  });
});

describe('a node port', () => {
  const object = service({ type: 'NodePort', ports: [NODE_PORT] });

  it('is relayed at every address of the node, loopback included, and at no other', () => {
    for (const from of [POD, NODE_ITSELF, OUTSIDE]) expect(fate(object, from, '192.168.1.11:30080')).toBe(ALL);
    expect(fate(object, { source: '127.0.0.1' }, '127.0.0.1:30080')).toBe(ALL);
    expect(fate(object, POD, '192.168.1.12:30080')).toBe('192.168.1.12:30080');
  });

  it('keeps to the addresses of nodePortAddresses', () => {
    const facts = { nodePortIPs: ['192.168.1.11'] };
    expect(fate(object, OUTSIDE, '192.168.1.11:30080', facts)).toBe(ALL);
    expect(fate(object, { source: '127.0.0.1' }, '127.0.0.1:30080', facts)).toBe('127.0.0.1:30080');
    expect(fate(object, { source: '127.0.0.1' }, '127.0.0.1:30080', { localhostNodePorts: false })).toBe(
      '127.0.0.1:30080',
    );
  });

  it('with externalTrafficPolicy Local: the outside to this node’s endpoints, its own pods and the node to all', () => {
    const local = service({ type: 'NodePort', externalTrafficPolicy: 'Local', ports: [NODE_PORT] });
    expect(fate(local, OUTSIDE, '192.168.1.11:30080')).toBe(LOCAL);
    expect(fate(local, POD, '192.168.1.11:30080')).toBe(ALL);
    expect(fate(local, NODE_ITSELF, '192.168.1.11:30080')).toBe(ALL);
    expect(fate(local, POD, '172.30.0.41:80')).toBe(ALL);
    const byDevice = { localTraffic: { by: 'interface', device: 'cni0' } } as const;
    expect(fate(local, POD, '192.168.1.11:30080', byDevice)).toBe(ALL);
    expect(fate(local, POD, '192.168.1.11:30080', { localTraffic: undefined })).toBe(LOCAL);
  });
});

describe('policy Local without an endpoint on this node', () => {
  const there = [slice([{ ip: '10.244.2.2', nodeName: 'node-2' }])];
  const object = service({
    type: 'LoadBalancer',
    externalTrafficPolicy: 'Local',
    ports: [NODE_PORT],
    externalIPs: ['192.0.2.7'],
  });

  it('drops what comes from outside; pods and the node go to all endpoints', () => {
    for (const to of ['192.168.1.11:30080', '192.0.2.7:80']) {
      expect(fate(object, OUTSIDE, to, {}, there)).toBe('DROP');
      expect(fate(object, POD, to, {}, there)).toBe(ALL);
      expect(fate(object, NODE_ITSELF, to, {}, there)).toBe(ALL);
    }
  });

  it('drops what is meant for the cluster IP', () => {
    for (const from of [POD, NODE_ITSELF])
      expect(fate(service({ internalTrafficPolicy: 'Local' }), from, '172.30.0.41:80', {}, there)).toBe('DROP');
  });

  it('without any endpoint leads to the relay, which closes', () => {
    expect(fate(object, OUTSIDE, '192.168.1.11:30080', {}, [])).toBe(LOCAL);
  });
});

describe('addresses from outside', () => {
  const balancer = (spec = {}, ipMode?: string) =>
    service({ type: 'LoadBalancer', ports: [NODE_PORT], ...spec }, 'ns1/svc1', {
      status: { loadBalancer: { ingress: [{ ip: '198.51.100.1', ...(ipMode === undefined ? {} : { ipMode }) }] } },
    });

  it('an external IP is relayed from everywhere', () => {
    for (const from of [POD, NODE_ITSELF, OUTSIDE])
      expect(fate(service({ externalIPs: ['192.0.2.7'] }), from, '192.0.2.7:80')).toBe(ALL);
  });

  it('a load-balancer IP is short-cut, unless its ipMode is Proxy', () => {
    expect(fate(balancer(), OUTSIDE, '198.51.100.1:80')).toBe(ALL);
    expect(fate(balancer({}, 'Proxy'), POD, '198.51.100.1:80')).toBe('198.51.100.1:80');
  });

  it('its source ranges are let in alone; node ports and the cluster IP are not subject to them', () => {
    const ranged = balancer({ loadBalancerSourceRanges: ['203.0.113.0/24'] });
    expect(fate(ranged, FAR, '198.51.100.1:80')).toBe(ALL);
    expect(fate(ranged, OUTSIDE, '198.51.100.1:80')).toBe('DROP');
    expect(fate(ranged, POD, '198.51.100.1:80')).toBe('DROP');
    expect(fate(ranged, NODE_ITSELF, '198.51.100.1:80')).toBe('DROP');
    expect(fate(ranged, OUTSIDE, '192.168.1.11:30080')).toBe(ALL);
    expect(fate(ranged, POD, '172.30.0.41:80')).toBe(ALL);
  });

  it('the node is let in where its address is in a range, also by the balancer’s own address', () => {
    const ranged = balancer({ loadBalancerSourceRanges: ['192.168.1.0/24'] });
    expect(fate(ranged, NODE_ITSELF, '198.51.100.1:80')).toBe(ALL);
    expect(fate(ranged, { source: '198.51.100.1' }, '198.51.100.1:80')).toBe(ALL);
  });

  it('with policy Local, pods within the ranges go to all endpoints', () => {
    const ranged = (range: string) =>
      balancer({ loadBalancerSourceRanges: [range], externalTrafficPolicy: 'Local', healthCheckNodePort: 32000 });
    expect(fate(ranged('10.0.0.0/8'), POD, '198.51.100.1:80')).toBe(ALL);
    expect(fate(ranged('10.244.1.0/28'), POD, '198.51.100.1:80')).toBe(ALL);
    expect(fate(ranged('10.244.1.9/32'), { source: '10.244.1.10', device: 'cni0' }, '198.51.100.1:80')).toBe('DROP');
    expect(fate(ranged('203.0.113.0/24'), FAR, '198.51.100.1:80')).toBe(LOCAL);
  });
});
