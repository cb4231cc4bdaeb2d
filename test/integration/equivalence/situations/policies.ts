/** Traffic policies, topology, readiness. */
import {
  ALL,
  type Ask,
  ask,
  CLUSTER_IP,
  nodePort,
  type Observation,
  type Situation,
  seenBy,
  VIP,
  WEB,
} from '../situation.ts';

const LOCAL = { type: 'NodePort', externalTrafficPolicy: 'Local' } as const;
/** In IPVS a virtual server has one list of destinations, whoever asks. */
const IPVS_SOURCE = 'kubernetes pkg/proxy/ipvs/proxier.go (syncEndpoint)';

function localOnly(expect: Observation): Pick<Ask, 'unlike'> {
  const why = 'with Local the virtual server has local destinations alone, for pods and the node too';
  return { unlike: { ipvs: { expect, why, source: IPVS_SOURCE } } };
}

function allInstead(expect: Observation): Pick<Ask, 'unlike'> {
  const why = 'without a local endpoint the virtual server takes all, so that local pods have an answer';
  return { unlike: { ipvs: { expect, why, source: `${IPVS_SOURCE}, kubernetes/kubernetes#97081` } } };
}

const INTERNAL = { internalTrafficPolicy: 'Local' } as const;

export const POLICIES: readonly Situation[] = [
  {
    title: 'C11 external policy Local: the client’s address is kept',
    service: LOCAL,
    acts: [
      {
        endpoints: WEB,
        asks: [
          ask('client', nodePort('node-1'), seenBy(['a1', 'a2'], 'client')),
          ask('client', nodePort('node-2'), 'b1<client'),
        ],
      },
    ],
  },
  {
    title: 'C11 external policy Local: a node without local endpoints is silent',
    service: LOCAL,
    acts: [
      {
        endpoints: WEB,
        asks: [ask('client', nodePort('control-plane'), 'silence', allInstead(seenBy(ALL, 'control-plane')))],
      },
    ],
  },
  {
    title: 'C11 external policy Local: no endpoints anywhere',
    service: LOCAL,
    acts: [{ endpoints: [], asks: [ask('client', nodePort('node-1'), 'refused')] }],
  },
  {
    title: 'C11 external policy Local: a pod and its node reach all endpoints',
    service: LOCAL,
    acts: [
      {
        endpoints: WEB,
        asks: [
          ask('p1', nodePort('node-1'), seenBy(ALL, 'p1'), localOnly('a1<p1 a2<p1')),
          ask('node-1', nodePort('node-1'), seenBy(ALL, 'node-1'), localOnly('a1<node-1 a2<node-1')),
        ],
      },
    ],
  },
  {
    title: 'C11 external policy Local: the cluster IP is not concerned',
    service: LOCAL,
    acts: [{ endpoints: WEB, asks: [ask('p2', CLUSTER_IP, seenBy(ALL, 'p2'))] }],
  },
  {
    title: 'C11 external policy Local: the load balancer’s address, from outside',
    service: { externalTrafficPolicy: 'Local' },
    vip: { via: 'node-1', as: 'loadBalancer' },
    acts: [{ endpoints: WEB, asks: [ask('client', VIP, seenBy(['a1', 'a2'], 'client'))] }],
  },
  {
    title: 'C11 external policy Local: the load balancer’s address, by a node without endpoints',
    service: { externalTrafficPolicy: 'Local' },
    vip: { via: 'control-plane', as: 'loadBalancer' },
    acts: [{ endpoints: WEB, asks: [ask('client', VIP, 'silence', allInstead(seenBy(ALL, 'control-plane')))] }],
  },
  {
    title: 'C11 external policy Local: the load balancer’s address, from a pod by the short way',
    service: { externalTrafficPolicy: 'Local' },
    vip: { via: 'node-1', as: 'loadBalancer' },
    acts: [{ endpoints: [{ at: 'b1' }], asks: [ask('p1', VIP, 'b1<p1')] }],
  },
  {
    title: 'C11 external policy Local follows the endpoints',
    service: LOCAL,
    acts: [
      { endpoints: [{ at: 'a1' }], asks: [ask('client', nodePort('node-1'), 'a1<client')] },
      { endpoints: [{ at: 'b1' }], asks: [ask('client', nodePort('node-1'), 'silence', allInstead('b1<node-1'))] },
      { service: { externalTrafficPolicy: 'Cluster' }, asks: [ask('client', nodePort('node-1'), 'b1<node-1')] },
    ],
  },
  {
    title: 'C11 internal policy Local: local endpoints only',
    service: INTERNAL,
    acts: [
      {
        endpoints: WEB,
        asks: [
          ask('p1', CLUSTER_IP, seenBy(['a1', 'a2'], 'p1')),
          ask('p2', CLUSTER_IP, 'b1<p2'),
          ask('node-1', CLUSTER_IP, seenBy(['a1', 'a2'], 'node-1')),
        ],
      },
    ],
  },
  {
    title: 'C11 internal policy Local: silent where there is no local endpoint',
    service: INTERNAL,
    acts: [
      {
        endpoints: [{ at: 'a1' }],
        asks: [
          ask('p2', CLUSTER_IP, 'silence', {
            unlike: {
              ipvs: {
                expect: 'refused',
                why: 'IPVS refuses for a virtual server without destinations',
                source: 'linux net/netfilter/ipvs/ip_vs_core.c (ip_vs_leave)',
              },
            },
          }),
          ask('p1', CLUSTER_IP, 'a1<p1'),
        ],
      },
    ],
  },
  {
    title: 'C11 internal policy Local: the node port is not concerned',
    service: { ...INTERNAL, type: 'NodePort' },
    acts: [{ endpoints: WEB, asks: [ask('client', nodePort('node-2'), seenBy(ALL, 'node-2'))] }],
  },
  {
    title: 'C11 both policies Local',
    service: { ...INTERNAL, ...LOCAL },
    acts: [
      {
        endpoints: WEB,
        asks: [ask('p2', CLUSTER_IP, 'b1<p2'), ask('client', nodePort('node-1'), seenBy(['a1', 'a2'], 'client'))],
      },
    ],
  },
  {
    title: 'C11 hints: the own zone',
    service: { trafficDistribution: 'PreferSameZone' },
    acts: [
      {
        endpoints: [
          { at: 'a1', forZones: ['zone-node-1'] },
          { at: 'a2', forZones: ['zone-node-1'] },
          { at: 'b1', forZones: ['zone-node-2'] },
        ],
        asks: [ask('p1', CLUSTER_IP, seenBy(['a1', 'a2'], 'p1')), ask('p2', CLUSTER_IP, 'b1<p2')],
      },
    ],
  },
  {
    title: 'C11 hints: a zone that none is for takes all',
    service: { trafficDistribution: 'PreferSameZone' },
    acts: [
      {
        endpoints: [
          { at: 'a1', forZones: ['zone-node-1'] },
          { at: 'a2', forZones: ['zone-node-1'] },
        ],
        asks: [ask('p2', CLUSTER_IP, seenBy(['a1', 'a2'], 'p2'))],
      },
    ],
  },
  {
    title: 'C11 hints: one endpoint without them, and none count',
    service: { trafficDistribution: 'PreferSameZone' },
    acts: [
      {
        endpoints: [{ at: 'a1', forZones: ['zone-node-1'] }, { at: 'a2' }, { at: 'b1', forZones: ['zone-node-2'] }],
        asks: [ask('p1', CLUSTER_IP, seenBy(ALL, 'p1'))],
      },
    ],
  },
  {
    title: 'C11 hints: the own node',
    service: { trafficDistribution: 'PreferSameNode' },
    acts: [
      {
        endpoints: [
          { at: 'a1', forZones: ['zone-node-1'], forNodes: ['node-1'] },
          { at: 'b1', forZones: ['zone-node-2'], forNodes: ['node-2'] },
        ],
        asks: [ask('p1', CLUSTER_IP, 'a1<p1'), ask('p2', CLUSTER_IP, 'b1<p2')],
      },
    ],
  },
  {
    title: 'C12 an endpoint that is not ready gets nothing',
    service: {},
    acts: [
      {
        endpoints: [{ at: 'a1' }, { at: 'b1', ready: false }],
        asks: [ask('p1', CLUSTER_IP, 'a1<p1'), ask('node-2', CLUSTER_IP, 'a1<node-2')],
      },
    ],
  },
  {
    title: 'C12 none is ready: refused',
    service: {},
    acts: [{ endpoints: [{ at: 'a1', ready: false }], asks: [ask('p1', CLUSTER_IP, 'refused')] }],
  },
  {
    title: 'C12 publishNotReadyAddresses',
    service: { selector: { name: 'u1' }, publishNotReadyAddresses: true },
    acts: [
      { asks: [ask('p1', CLUSTER_IP, 'u1<p1')] },
      { service: { publishNotReadyAddresses: false }, asks: [ask('p1', CLUSTER_IP, 'refused')] },
    ],
  },
  {
    title: 'C12 a terminating endpoint gets nothing while another is ready',
    service: {},
    acts: [
      {
        endpoints: [{ at: 'a1', ready: false, serving: true, terminating: true }, { at: 'b1' }],
        asks: [ask('p1', CLUSTER_IP, 'b1<p1')],
      },
    ],
  },
  {
    title: 'C12 only terminating endpoints: those that still serve',
    service: { type: 'NodePort' },
    acts: [
      {
        endpoints: [
          { at: 'a1', ready: false, serving: true, terminating: true },
          { at: 'b1', ready: false, serving: false, terminating: true },
        ],
        asks: [ask('p1', CLUSTER_IP, 'a1<p1'), ask('client', nodePort('node-2'), 'a1<node-2')],
      },
    ],
  },
  {
    title: 'C12 external policy Local: the last local endpoint terminates, and still serves',
    service: LOCAL,
    acts: [
      {
        endpoints: [{ at: 'a1', ready: false, serving: true, terminating: true }, { at: 'b1' }],
        asks: [
          ask('client', nodePort('node-1'), 'a1<client'),
          ask('client', nodePort('node-2'), 'b1<client'),
          ask('p1', CLUSTER_IP, 'b1<p1'),
        ],
      },
    ],
  },
];
