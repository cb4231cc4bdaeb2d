/** Node ports and addresses outside the cluster. */
import { ALL, ask, CLUSTER_IP, type Exception, nodePort, type Situation, seenBy, VIP, WEB } from '../situation.ts';

const NODE_PORT = { type: 'NodePort' } as const;

const NO_LOOPBACK: Exception = {
  expect: 'refused',
  why: 'no node port on loopback: it would need route_localnet',
  source: 'kubernetes/enhancements KEP-3866 and CVE-2020-8558',
};

const PRIMARY_ONLY: Exception = {
  expect: 'refused',
  why: 'node ports answer on the node’s primary address only, unless nodePortAddresses says otherwise',
  source: 'kubernetes.io/docs/reference/networking/virtual-ips, "Migrating from iptables mode to nftables"',
};

export const NODE_PORTS: readonly Situation[] = [
  {
    title: 'C4 a node port on every node, from outside',
    service: NODE_PORT,
    acts: [
      {
        endpoints: WEB,
        asks: (['control-plane', 'node-1', 'node-2'] as const).map((node) =>
          ask('client', nodePort(node), seenBy(ALL, node)),
        ),
      },
    ],
  },
  {
    title: 'C4 a node port on a node without local pods',
    service: NODE_PORT,
    acts: [
      {
        endpoints: [{ at: 'b1' }],
        asks: [
          ask('client', nodePort('node-1'), 'b1<node-1'),
          ask('client', nodePort('control-plane'), 'b1<control-plane'),
        ],
      },
    ],
  },
  {
    title: 'C4 a node port, from a pod to its own node and to another',
    service: NODE_PORT,
    acts: [
      {
        endpoints: WEB,
        asks: [
          ask('p1', nodePort('node-1'), seenBy(ALL, 'node-1')),
          ask('p1', nodePort('node-2'), seenBy(ALL, 'node-2')),
        ],
      },
    ],
  },
  {
    title: 'C4 a node port, from a node to itself and to another',
    service: NODE_PORT,
    acts: [
      {
        endpoints: WEB,
        asks: [
          ask('node-1', nodePort('node-1'), seenBy(ALL, 'node-1')),
          ask('node-1', nodePort('node-2'), seenBy(ALL, 'node-2')),
        ],
      },
    ],
  },
  {
    title: 'C4 a chosen node port',
    service: { type: 'NodePort', ports: [{ port: 80, targetPort: 8080, nodePort: 31455 }] },
    acts: [{ endpoints: WEB, asks: [ask('client', nodePort('node-2'), seenBy(ALL, 'node-2'))] }],
  },
  {
    title: 'C4 the cluster IP of a Service with a node port',
    service: NODE_PORT,
    acts: [{ endpoints: WEB, asks: [ask('p2', CLUSTER_IP, seenBy(ALL, 'p2'))] }],
  },
  {
    title: 'C4 a node port on loopback',
    service: NODE_PORT,
    families: [4],
    acts: [
      {
        endpoints: WEB,
        asks: [
          ask('node-1', { nodePort: 'node-1', on: 'loopback' }, seenBy(ALL, 'node-1'), {
            unlike: { nftables: NO_LOOPBACK, ipvs: NO_LOOPBACK },
          }),
        ],
      },
    ],
  },
  {
    title: 'C4 no node port on the loopback address of IPv6',
    service: NODE_PORT,
    families: [6],
    acts: [
      {
        endpoints: WEB,
        asks: [ask('node-1', { nodePort: 'node-1', on: 'loopback' }, 'refused')],
      },
    ],
  },
  {
    title: 'C4 a node port on another address of the node',
    service: NODE_PORT,
    acts: [
      {
        endpoints: WEB,
        asks: [
          ask('p1', { nodePort: 'node-1', on: 'bridge' }, seenBy(ALL, 'node-1'), {
            unlike: { nftables: PRIMARY_ONLY },
          }),
        ],
      },
    ],
  },
  {
    title: 'C4 a node port is given up',
    service: NODE_PORT,
    acts: [
      { endpoints: WEB, asks: [ask('client', nodePort('node-1'), seenBy(ALL, 'node-1'))] },
      { service: { type: 'ClusterIP' }, asks: [ask('p1', CLUSTER_IP, seenBy(ALL, 'p1'))] },
    ],
  },
  {
    title: 'C13 hairpin through a node port of the own node',
    service: NODE_PORT,
    acts: [{ endpoints: [{ at: 'a1' }], asks: [ask('a1', nodePort('node-1'), 'a1<node-1')] }],
  },
  {
    title: 'C14 no endpoints: a node port refuses',
    service: NODE_PORT,
    acts: [
      {
        endpoints: [],
        asks: [
          ask('client', nodePort('node-1'), 'refused'),
          ask('p1', nodePort('node-1'), 'refused'),
          ask('node-2', nodePort('node-2'), 'refused'),
        ],
      },
    ],
  },
  {
    title: 'C9 an external IP, from outside',
    service: {},
    vip: { via: 'node-2', as: 'external' },
    acts: [{ endpoints: WEB, asks: [ask('client', VIP, seenBy(ALL, 'node-2'))] }],
  },
  {
    title: 'C9 an external IP, from a pod and a node',
    service: {},
    vip: { via: 'node-2', as: 'external' },
    acts: [
      {
        endpoints: WEB,
        asks: [ask('p1', VIP, seenBy(ALL, 'node-1')), ask('node-1', VIP, seenBy(ALL, 'node-1'))],
      },
    ],
  },
  {
    title: 'C9 an external IP without endpoints',
    service: {},
    vip: { via: 'node-1', as: 'external' },
    acts: [{ endpoints: [], asks: [ask('client', VIP, 'refused'), ask('p2', VIP, 'refused')] }],
  },
  {
    title: 'C9 an external IP that leads to a local endpoint only',
    service: { externalTrafficPolicy: 'Local' },
    vip: { via: 'node-1', as: 'external' },
    acts: [{ endpoints: WEB, asks: [ask('client', VIP, 'a1<client a2<client')] }],
  },
];
