/** The cluster IP: where it answers, and what is refused. */
import { ALL, ask, CLUSTER_IP, DNS, type Situation, seenBy, WEB } from '../situation.ts';

const KEP_3866 = 'kubernetes/enhancements KEP-3866 (nftables kube-proxy), "Service IPs and ports that are not in use"';
const USERSPACE = 'kubernetes v1.25 pkg/proxy/userspace/proxier.go, iptablesCommonPortalArgs';

/** A pod, a node, outside. */
const EVERYWHERE = ['p1', 'node-1', 'client'] as const;

export const CLUSTER_IPS: readonly Situation[] = [
  {
    title: 'C1 a cluster IP, from pods',
    service: {},
    acts: [
      {
        endpoints: WEB,
        asks: [ask('p1', CLUSTER_IP, seenBy(ALL, 'p1')), ask('p2', CLUSTER_IP, seenBy(ALL, 'p2'))],
      },
    ],
  },
  {
    title: 'C1 a cluster IP, from nodes',
    service: {},
    acts: [
      {
        endpoints: WEB,
        asks: [
          ask('node-1', CLUSTER_IP, seenBy(ALL, 'node-1')),
          ask('node-2', CLUSTER_IP, seenBy(ALL, 'node-2')),
          ask('control-plane', CLUSTER_IP, seenBy(ALL, 'control-plane')),
        ],
      },
    ],
  },
  {
    title: 'C1 a cluster IP, from outside by a route through a node',
    service: {},
    acts: [{ endpoints: WEB, asks: [ask('client', CLUSTER_IP, seenBy(ALL, 'node-1'))] }],
  },
  {
    title: 'C1 a chosen cluster IP',
    service: { clusterIP: '10.96.77.77', clusterIPs: ['10.96.77.77', 'fd00:10:96::7777'] },
    acts: [{ endpoints: WEB, asks: [ask('p1', CLUSTER_IP, seenBy(ALL, 'p1'))] }],
  },
  {
    title: 'C1 a port that the Service has not',
    service: {},
    acts: [
      {
        endpoints: WEB,
        asks: [
          ask('p1', { clusterIP: true, port: 81 }, 'refused', {
            unlike: {
              iptables: { expect: 'silence', why: 'no rule is about it', source: KEP_3866 },
              userspace: { expect: 'silence', why: 'no rule is about it', source: USERSPACE },
            },
          }),
        ],
      },
    ],
  },
  {
    title: 'C1 an address of the Service network that no Service has',
    service: {},
    acts: [{ endpoints: WEB, asks: [ask('p1', { unallocated: true }, 'silence')] }],
  },
  {
    title: 'C2 endpoints by selector',
    service: { selector: { app: 'web' } },
    acts: [
      {
        asks: [
          ask('p1', CLUSTER_IP, seenBy(ALL, 'p1')),
          ask('node-2', CLUSTER_IP, seenBy(ALL, 'node-2')),
          ask('client', CLUSTER_IP, seenBy(ALL, 'node-1')),
        ],
      },
    ],
  },
  {
    title: 'C2 endpoints follow the selector',
    service: { selector: { app: 'web' } },
    acts: [
      { asks: [ask('p1', CLUSTER_IP, seenBy(ALL, 'p1'))] },
      { service: { selector: { name: 'b1' } }, asks: [ask('p1', CLUSTER_IP, 'b1<p1')] },
      { service: { selector: { name: 'a1' } }, asks: [ask('p2', CLUSTER_IP, 'a1<p2')] },
    ],
  },
  {
    title: 'C2 an endpoint comes, another goes',
    service: {},
    acts: [
      { endpoints: [{ at: 'a1' }], asks: [ask('p1', CLUSTER_IP, 'a1<p1')] },
      { endpoints: [{ at: 'a1' }, { at: 'b1' }], asks: [ask('p1', CLUSTER_IP, 'a1<p1 b1<p1')] },
      { endpoints: [{ at: 'b1' }], asks: [ask('p1', CLUSTER_IP, 'b1<p1')] },
    ],
  },
  {
    title: 'C8 an endpoint outside the cluster',
    service: {},
    acts: [
      {
        endpoints: [{ at: 'client' }],
        asks: [
          ask('p1', CLUSTER_IP, 'client<node-1'),
          ask('p2', CLUSTER_IP, 'client<node-2'),
          ask('node-1', CLUSTER_IP, 'client<node-1'),
        ],
      },
    ],
  },
  {
    title: 'C8 an endpoint in the network of a node',
    service: {},
    acts: [
      {
        endpoints: [{ at: 'node-1' }],
        asks: [ask('p2', CLUSTER_IP, 'node-1<node-2'), ask('client', CLUSTER_IP, 'node-1<client')],
      },
    ],
  },
  {
    title: 'C13 hairpin: a pod that is its Service’s only endpoint',
    service: {},
    acts: [{ endpoints: [{ at: 'a1' }], asks: [ask('a1', CLUSTER_IP, 'a1<node-1')] }],
  },
  {
    title: 'C13 hairpin: a pod that is one of its Service’s endpoints',
    service: {},
    acts: [{ endpoints: WEB, asks: [ask('a1', CLUSTER_IP, 'a1<node-1 a2<a1 b1<a1')] }],
  },
  {
    title: 'C13 hairpin: a node, and a host outside, that are their Service’s only endpoint',
    service: {},
    acts: [
      { endpoints: [{ at: 'node-1' }], asks: [ask('node-1', CLUSTER_IP, 'node-1<node-1')] },
      { endpoints: [{ at: 'client' }], asks: [ask('client', CLUSTER_IP, 'client<node-1')] },
    ],
  },
  {
    title: 'C14 no endpoints: refused from pods and nodes',
    service: {},
    acts: [
      {
        endpoints: [],
        asks: [
          ask('p1', CLUSTER_IP, 'refused'),
          ask('node-1', CLUSTER_IP, 'refused'),
          ask('client', CLUSTER_IP, 'refused'),
        ],
      },
    ],
  },
  {
    title: 'C14 no EndpointSlice at all: refused',
    service: {},
    acts: [{ asks: [ask('p2', CLUSTER_IP, 'refused')] }],
  },
  {
    title: 'C14 the last endpoint goes, and one comes back',
    service: {},
    acts: [
      { endpoints: [{ at: 'b1' }], asks: [ask('p1', CLUSTER_IP, 'b1<p1')] },
      { endpoints: [], asks: [ask('p1', CLUSTER_IP, 'refused')] },
      { endpoints: [{ at: 'a2' }], asks: [ask('p1', CLUSTER_IP, 'a2<p1')] },
    ],
  },
  {
    title: 'C6 an external name',
    service: { type: 'ExternalName', externalName: 'www.example.org' },
    families: [4],
    acts: [{ asks: EVERYWHERE.map((from) => ask(from, DNS, 'CNAME www.example.org')) }],
  },
  {
    title: 'C7 headless: the name has the endpoints’ addresses',
    service: { clusterIP: 'None' },
    acts: [
      { endpoints: WEB, asks: EVERYWHERE.map((from) => ask(from, DNS, 'a1 a2 b1')) },
      { endpoints: [{ at: 'b1' }, { at: 'client' }], asks: [ask('p1', DNS, 'b1 client')] },
    ],
  },
  {
    title: 'C7 headless, by selector',
    service: { clusterIP: 'None', selector: { app: 'web' } },
    acts: [{ asks: [ask('p2', DNS, 'a1 a2 b1')] }],
  },
];
