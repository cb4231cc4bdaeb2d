import { describe, expect, it } from 'vitest';
import type { EndpointSlice, Service } from '../../../src/objects/wire.ts';
import { desired, FACTS_6, NODE, service, slice, viewsOf } from '../fixtures.ts';
import { endsOf, FLOW_BACKENDS, userspaceEnds } from './flow-backends.ts';
import type { Packet } from './iptables/packet-flow.ts';

// What happens to packets on node-1 (192.168.1.11), for each row of the Service features, in every backend. Where a
// backend differs by its nature, the line says what it does and why.

const POD = { source: '10.244.1.9', device: 'cni0' };
const NODE_ITSELF = { source: '192.168.1.11' };
const OUTSIDE = { source: '192.168.1.100', device: 'eth0' };
const FAR = { source: '203.0.113.5', device: 'eth0' };
const HERE = { ip: '10.244.1.2', nodeName: NODE };
const THERE = { ip: '10.244.2.2', nodeName: 'node-2' };
const NODE_PORT = { name: 'p80', port: 80, nodePort: 30080 };

interface Case {
  readonly services?: Service[];
  readonly slices?: EndpointSlice[];
  readonly recent?: Map<string, Set<string>>;
  readonly zone?: string;
}

/** kube-proxy's own defaults for the backend, as the component sets them. */
const MODE_FACTS = {
  iptables: { hasPacketCounters: true },
  ipvs: {},
  nftables: { nodePortIPs: ['192.168.1.11'], localhostNodePorts: false, serviceCIDRs: ['172.30.0.0/16'] },
};

function isOfNode(address: string): boolean {
  return address === NODE_ITSELF.source;
}

describe.each(FLOW_BACKENDS)('$mode', ({ mode, flow, affinityOfThere }) => {
  /** What becomes of a packet: `10.244.1.2:80` (with `masq` when masqueraded), or the verdict; with chances if several. */
  function fate(
    setup: Case,
    from: Pick<Packet, 'source' | 'device'>,
    to: string,
    protocol: 'tcp' | 'udp' = 'tcp',
  ): string[] {
    const views = viewsOf(setup.services ?? [service()], setup.slices ?? [], { zone: setup.zone ?? '' });
    const [destination = '', port = ''] = to.split(':');
    const packet = { ...from, destination, port: Number(port), protocol };
    const world = { addresses: ['192.168.1.11'], ...(setup.recent === undefined ? {} : { recent: setup.recent }) };
    const merged = new Map<string, number>();
    const wanted = desired(views, MODE_FACTS[mode]);
    const outcomes = flow(wanted, packet, world);
    // Mode userspace ends where iptables does: only the source is another, whom a client sticks to is a relay's affair, and
    // route_localnet is 0, so that the kernel itself drops what comes from outside for 127.0.0.0/8.
    const isMartian = destination.startsWith('127.') && from.device !== undefined;
    if (mode === 'iptables' && setup.recent === undefined && !isMartian) {
      const ends = userspaceEnds(wanted, packet, world);
      // What iptables lets pass to the node itself, where nobody listens, a relay closes.
      const untouched = ends.includes('nobody') && isOfNode(destination) ? [to] : ends;
      expect([ends, untouched]).toContainEqual(endsOf(outcomes));
    }
    for (const { verdict, destination: end, isMasqueraded, chance } of outcomes) {
      const text = verdict === 'ACCEPT' ? `${end}${isMasqueraded ? ' masq' : ''}` : verdict;
      merged.set(text, (merged.get(text) ?? 0) + chance);
    }
    const all = [...merged];
    expect(all.reduce((sum, [, chance]) => sum + chance, 0)).toBeCloseTo(1, 9);
    return all.length === 1 ? [all[0]![0]] : all.map(([text, chance]) => `${text} ${chance.toFixed(3)}`);
  }

  const both = [slice([HERE, THERE])];
  const there = [slice([THERE])];

  describe('C1, C3: a cluster IP', () => {
    it('is balanced evenly over all endpoints, the source kept', () => {
      const three = [slice(['10.244.1.2', '10.244.2.2', '10.244.3.2'])];
      expect(fate({ slices: three }, POD, '172.30.0.41:80')).toEqual([
        '10.244.1.2:80 0.333',
        '10.244.2.2:80 0.333',
        '10.244.3.2:80 0.333',
      ]);
    });

    it('from the node or from outside the cluster is masqueraded', () => {
      expect(fate({ slices: there }, NODE_ITSELF, '172.30.0.41:80')).toEqual(['10.244.2.2:80 masq']);
      expect(fate({ slices: there }, OUTSIDE, '172.30.0.41:80')).toEqual(['10.244.2.2:80 masq']);
    });

    it('takes its port and protocol alone', () => {
      // iptables lets other ports pass, to nowhere; nftables refuses them (KEP-3866: changed on purpose), and so does ipvs,
      // where the address is the node's own (KUBE-IPVS-FILTER, kubernetes#72236).
      const other = (address: string) => (mode === 'iptables' ? address : 'REJECT');
      expect(fate({ slices: there }, POD, '172.30.0.41:81')).toEqual([other('172.30.0.41:81')]);
      expect(fate({ slices: there }, POD, '172.30.0.41:80', 'udp')).toEqual([other('172.30.0.41:80')]);
      expect(fate({ slices: there }, NODE_ITSELF, '172.30.0.41:81')).toEqual([other('172.30.0.41:81')]);
    });

    it('that no Service has is nobody’s', () => {
      // nftables drops it within the Service network (KEP-3866); iptables sends it on by the default route.
      expect(fate({}, POD, '172.30.0.99:80')).toEqual([mode === 'nftables' ? 'DROP' : '172.30.0.99:80']);
      expect(fate({}, POD, '172.31.0.99:80')).toEqual(['172.31.0.99:80']);
    });

    it('sends each port to the port its endpoints have', () => {
      const ports = [
        { name: 'http', port: 80 },
        { name: 'dns', port: 53, protocol: 'UDP' },
      ];
      const slices = [
        slice(['10.244.2.2'], {
          ports: [
            { name: 'http', port: 8080, protocol: 'TCP' },
            { name: 'dns', port: 1053, protocol: 'UDP' },
          ],
        }),
        slice(['10.244.2.3'], { name: 'svc1-2', ports: [{ name: 'http', port: 9090, protocol: 'TCP' }] }),
      ];
      const services = [service({ ports })];
      expect(fate({ services, slices }, POD, '172.30.0.41:53', 'udp')).toEqual(['10.244.2.2:1053']);
      expect(fate({ services, slices }, POD, '172.30.0.41:80')).toEqual([
        '10.244.2.2:8080 0.500',
        '10.244.2.3:9090 0.500',
      ]);
    });
  });

  describe('C4: a node port', () => {
    const services = [service({ type: 'NodePort', ports: [NODE_PORT] })];

    it('answers on the node’s address, masqueraded, also without local pods', () => {
      expect(fate({ services, slices: there }, OUTSIDE, '192.168.1.11:30080')).toEqual(['10.244.2.2:80 masq']);
      expect(fate({ services, slices: there }, NODE_ITSELF, '192.168.1.11:30080')).toEqual(['10.244.2.2:80 masq']);
      expect(fate({ services, slices: there }, POD, '192.168.1.11:30080')).toEqual(['10.244.2.2:80 masq']);
    });

    it('answers on loopback in iptables only', () => {
      // The others have none there: it would need route_localnet (KEP-3866, CVE-2020-8558).
      expect(fate({ services, slices: there }, { source: '127.0.0.1' }, '127.0.0.1:30080')).toEqual([
        mode !== 'iptables' ? '127.0.0.1:30080' : '10.244.2.2:80 masq',
      ]);
    });

    it('is no port of another node or of a pod', () => {
      expect(fate({ services, slices: there }, POD, '192.168.1.12:30080')).toEqual(['192.168.1.12:30080']);
    });

    it('does not open 127.0.0.0/8 to the outside', () => {
      // The others leave route_localnet at 0, and the kernel itself drops such a packet as a martian.
      expect(fate({ services, slices: there }, OUTSIDE, '127.0.0.1:22')).toEqual([
        mode !== 'iptables' ? '127.0.0.1:22' : 'DROP',
      ]);
      expect(fate({ services, slices: there }, { source: '127.0.0.1' }, '127.0.0.1:22')).toEqual(['127.0.0.1:22']);
    });
  });

  describe('C5: a load-balancer IP', () => {
    const balancer = (spec = {}, ipMode?: string) => [
      service({ type: 'LoadBalancer', ports: [NODE_PORT], ...spec }, 'ns1/svc1', {
        status: { loadBalancer: { ingress: [{ ip: '198.51.100.1', ...(ipMode === undefined ? {} : { ipMode }) }] } },
      }),
    ];

    it('is short-cut on the node', () => {
      expect(fate({ services: balancer(), slices: there }, OUTSIDE, '198.51.100.1:80')).toEqual(['10.244.2.2:80 masq']);
    });

    it('with ipMode Proxy is left to the balancer', () => {
      expect(fate({ services: balancer({}, 'Proxy'), slices: there }, POD, '198.51.100.1:80')).toEqual([
        '198.51.100.1:80',
      ]);
    });

    it('lets only its source ranges in; node ports and the cluster IP are not subject to them', () => {
      const services = balancer({ loadBalancerSourceRanges: ['203.0.113.0/24'] });
      expect(fate({ services, slices: there }, FAR, '198.51.100.1:80')).toEqual(['10.244.2.2:80 masq']);
      expect(fate({ services, slices: there }, OUTSIDE, '198.51.100.1:80')).toEqual(['DROP']);
      expect(fate({ services, slices: there }, OUTSIDE, '192.168.1.11:30080')).toEqual(['10.244.2.2:80 masq']);
      expect(fate({ services, slices: there }, POD, '172.30.0.41:80')).toEqual(['10.244.2.2:80']);
    });

    it('lets the node itself in where its address is in a range', () => {
      const services = balancer({ loadBalancerSourceRanges: ['192.168.1.0/24'] });
      expect(fate({ services, slices: there }, { source: '198.51.100.1' }, '198.51.100.1:80')).toEqual([
        '10.244.2.2:80 masq',
      ]);
    });
  });

  describe('C7: headless, ExternalName and foreign Services', () => {
    it.each([
      ['headless', service({ clusterIP: 'None' })],
      ['ExternalName', service({ type: 'ExternalName', externalName: 'example.org', clusterIP: '' })],
      [
        'another proxy',
        service({}, 'ns1/svc1', {
          metadata: { namespace: 'ns1', name: 'svc1', labels: { 'service.kubernetes.io/service-proxy-name': 'other' } },
        }),
      ],
    ])('%s: no rules', (_, object) => {
      expect(viewsOf([object], there).size).toBe(0);
    });
  });

  describe('C9: an external IP', () => {
    const services = [service({ externalIPs: ['192.0.2.7'] })];

    it('is served from everywhere', () => {
      expect(fate({ services, slices: there }, OUTSIDE, '192.0.2.7:80')).toEqual(['10.244.2.2:80 masq']);
      expect(fate({ services, slices: there }, POD, '192.0.2.7:80')).toEqual(['10.244.2.2:80 masq']);
    });
  });

  describe('C10: session affinity', () => {
    it('sends a client where it was before', () => {
      const services = [service({ sessionAffinity: 'ClientIP' })];
      const before = new Map([[affinityOfThere, new Set([POD.source])]]);
      expect(fate({ services, slices: both }, POD, '172.30.0.41:80')).toHaveLength(2);
      expect(fate({ services, slices: both, recent: before }, POD, '172.30.0.41:80')).toEqual(['10.244.2.2:80']);
    });
  });

  describe('C11: traffic policies and hints', () => {
    const external = [service({ type: 'NodePort', externalTrafficPolicy: 'Local', ports: [NODE_PORT] })];
    const internal = [service({ internalTrafficPolicy: 'Local' })];

    it('externalTrafficPolicy Local keeps the source and uses local endpoints', () => {
      expect(fate({ services: external, slices: both }, OUTSIDE, '192.168.1.11:30080')).toEqual(['10.244.1.2:80']);
    });

    it("the node's own pods and the node go to all endpoints", () => {
      expect(fate({ services: external, slices: there }, POD, '192.168.1.11:30080')).toEqual(['10.244.2.2:80']);
      // ipvs leaves the source as it is, which is the node's own anyway.
      expect(fate({ services: external, slices: there }, NODE_ITSELF, '192.168.1.11:30080')).toEqual([
        mode === 'ipvs' ? '10.244.2.2:80' : '10.244.2.2:80 masq',
      ]);
    });

    it('without a local endpoint the outside is dropped, not refused', () => {
      // ipvs sends it on so that pods of the node have their way (kubernetes#97081); the answer comes from the pod's own
      // address, and the client drops it.
      expect(fate({ services: external, slices: there }, OUTSIDE, '192.168.1.11:30080')).toEqual([
        mode === 'ipvs' ? '10.244.2.2:80' : 'DROP',
      ]);
    });

    it('internalTrafficPolicy Local uses local endpoints, or drops; ipvs refuses, having nobody to send to', () => {
      expect(fate({ services: internal, slices: both }, POD, '172.30.0.41:80')).toEqual(['10.244.1.2:80']);
      expect(fate({ services: internal, slices: there }, POD, '172.30.0.41:80')).toEqual([
        mode === 'ipvs' ? 'REJECT' : 'DROP',
      ]);
    });

    it('hints choose the zone when every endpoint has one', () => {
      const hinted = (zoneB?: string) => [
        slice([
          { ...HERE, hints: { forZones: [{ name: 'a' }] } },
          { ...THERE, ...(zoneB === undefined ? {} : { hints: { forZones: [{ name: zoneB }] } }) },
        ]),
      ];
      expect(fate({ slices: hinted('b'), zone: 'a' }, POD, '172.30.0.41:80')).toEqual(['10.244.1.2:80']);
      expect(fate({ slices: hinted('b'), zone: 'c' }, POD, '172.30.0.41:80')).toHaveLength(2);
      expect(fate({ slices: hinted(), zone: 'a' }, POD, '172.30.0.41:80')).toHaveLength(2);
    });

    it('hints choose the node before the zone', () => {
      const slices = [
        slice([
          { ...HERE, hints: { forNodes: [{ name: NODE }], forZones: [{ name: 'b' }] } },
          { ...THERE, hints: { forNodes: [{ name: 'node-2' }], forZones: [{ name: 'a' }] } },
        ]),
      ];
      expect(fate({ slices, zone: 'a' }, POD, '172.30.0.41:80')).toEqual(['10.244.1.2:80']);
    });
  });

  describe('C12: readiness and termination', () => {
    const serving = { ready: false, serving: true, terminating: true };

    it('terminating endpoints are used only when none is ready', () => {
      const slices = [slice([HERE, { ...THERE, conditions: serving }])];
      expect(fate({ slices }, POD, '172.30.0.41:80')).toEqual(['10.244.1.2:80']);
      expect(fate({ slices: [slice([{ ...THERE, conditions: serving }])] }, POD, '172.30.0.41:80')).toEqual([
        '10.244.2.2:80',
      ]);
    });

    it('endpoints that do not serve are not used', () => {
      const slices = [slice([{ ...THERE, conditions: { ready: false, serving: false, terminating: true } }])];
      expect(fate({ slices }, POD, '172.30.0.41:80')).toEqual(['REJECT']);
    });
  });

  describe('C13: hairpin', () => {
    it('an endpoint that reaches itself is masqueraded, others are not', () => {
      expect(fate({ slices: [slice([HERE])] }, { source: HERE.ip, device: 'cni0' }, '172.30.0.41:80')).toEqual([
        '10.244.1.2:80 masq',
      ]);
      expect(fate({ slices: [slice([HERE])] }, POD, '172.30.0.41:80')).toEqual(['10.244.1.2:80']);
    });
  });

  describe('C14: no endpoints', () => {
    const services = [service({ type: 'NodePort', ports: [NODE_PORT], externalIPs: ['192.0.2.7'] })];

    it.each([
      ['cluster IP from a pod', POD, '172.30.0.41:80'],
      ['cluster IP from the node', NODE_ITSELF, '172.30.0.41:80'],
      ['node port from outside', OUTSIDE, '192.168.1.11:30080'],
      ['external IP from outside', OUTSIDE, '192.0.2.7:80'],
    ])('%s is refused at once', (_, from, to) => {
      expect(fate({ services }, from, to)).toEqual(['REJECT']);
    });

    // kube-proxy has no jump from OUTPUT to KUBE-EXTERNAL-SERVICES; the node's own packet meets INPUT and is refused there.
    // IPVS sees it in OUTPUT.
    it("the node's own packet to a node port leaves OUTPUT untouched", () => {
      expect(fate({ services }, NODE_ITSELF, '192.168.1.11:30080')).toEqual([
        mode === 'ipvs' ? 'REJECT' : '192.168.1.11:30080',
      ]);
    });
  });

  describe('both families from the same code', () => {
    it('IPv6 cluster IP', () => {
      const views = viewsOf([service({ clusterIP: 'fd00:96::1' })], [slice(['fd00:244::2'], { family: 6 })], {
        family: 6,
      });
      const packet = { source: 'fd00:244::9', device: 'cni0', destination: 'fd00:96::1', port: 80 };
      expect(flow({ views, facts: FACTS_6 }, packet, { addresses: ['fd00:1::11'] })).toEqual([
        { verdict: 'ACCEPT', destination: '[fd00:244::2]:80', isMasqueraded: false, chance: 1 },
      ]);
    });
  });
});
