/** The address a load balancer gave: as the nodes treat it. */
import { ALL, ask, CLUSTER_IP, nodePort, type Situation, seenBy, VIP, WEB } from '../situation.ts';

export const LOAD_BALANCERS: readonly Situation[] = [
  {
    title: 'C5 the load balancer’s address, from outside',
    service: {},
    vip: { via: 'node-1', as: 'loadBalancer' },
    acts: [
      {
        endpoints: WEB,
        asks: [ask('client', VIP, seenBy(ALL, 'node-1')), ask('client', nodePort('node-2'), seenBy(ALL, 'node-2'))],
      },
    ],
  },
  {
    title: 'C5 the load balancer’s address, from a pod and a node: by the short way',
    service: {},
    vip: { via: 'node-1', as: 'loadBalancer' },
    acts: [
      {
        endpoints: WEB,
        asks: [ask('p2', VIP, seenBy(ALL, 'node-2')), ask('control-plane', VIP, seenBy(ALL, 'control-plane'))],
      },
    ],
  },
  {
    title: 'C5 ipMode Proxy: from a pod it is an address of the world outside',
    service: {},
    vip: { via: 'node-1', as: 'loadBalancer', ipMode: 'Proxy' },
    acts: [
      {
        endpoints: WEB,
        asks: [ask('p1', VIP, 'silence'), ask('client', nodePort('node-1'), seenBy(ALL, 'node-1'))],
      },
    ],
  },
  {
    title: 'C5 without node ports',
    service: { allocateLoadBalancerNodePorts: false },
    vip: { via: 'node-2', as: 'loadBalancer' },
    acts: [
      { endpoints: WEB, asks: [ask('client', VIP, seenBy(ALL, 'node-2')), ask('p1', CLUSTER_IP, seenBy(ALL, 'p1'))] },
    ],
  },
  {
    title: 'C5 over UDP',
    service: { ports: [{ port: 53, targetPort: 8080, protocol: 'UDP' }] },
    vip: { via: 'node-1', as: 'loadBalancer' },
    acts: [{ endpoints: WEB, asks: [ask('client', VIP, seenBy(ALL, 'node-1'))] }],
  },
  {
    title: 'C5 a source range that has the client',
    service: { loadBalancerSourceRanges: ['192.168.1.96/28', 'fd00:192:168:1::100/124'] },
    vip: { via: 'node-1', as: 'loadBalancer' },
    acts: [{ endpoints: WEB, asks: [ask('client', VIP, seenBy(ALL, 'node-1')), ask('p1', VIP, 'silence')] }],
  },
  {
    title: 'C5 a source range that has not: dropped at this address, and nowhere else',
    service: { loadBalancerSourceRanges: ['203.0.113.0/24', '2001:db8::/32'] },
    vip: { via: 'node-1', as: 'loadBalancer' },
    acts: [
      {
        endpoints: WEB,
        asks: [
          ask('client', VIP, 'silence'),
          ask('client', nodePort('node-1'), seenBy(ALL, 'node-1')),
          ask('p1', CLUSTER_IP, seenBy(ALL, 'p1')),
        ],
      },
    ],
  },
  {
    title: 'C5 source ranges of IPv4 alone leave IPv6 open',
    service: { loadBalancerSourceRanges: ['203.0.113.0/24'] },
    families: [6],
    vip: { via: 'node-1', as: 'loadBalancer' },
    acts: [{ endpoints: WEB, asks: [ask('client', VIP, seenBy(ALL, 'node-1'))] }],
  },
  {
    title: 'C13 hairpin through the load balancer’s address',
    service: {},
    vip: { via: 'node-1', as: 'loadBalancer' },
    acts: [{ endpoints: [{ at: 'a1' }], asks: [ask('a1', VIP, 'a1<node-1')] }],
  },
  {
    title: 'C14 no endpoints behind the load balancer’s address',
    service: {},
    vip: { via: 'node-1', as: 'loadBalancer' },
    acts: [{ endpoints: [], asks: [ask('client', VIP, 'refused'), ask('p2', VIP, 'refused')] }],
  },
];
