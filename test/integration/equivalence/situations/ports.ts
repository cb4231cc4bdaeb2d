/** Ports and protocols. */
import { ALL, ask, CLUSTER_IP, nodePort, type Situation, seenBy, WEB } from '../situation.ts';
import { overProtocol } from './protocols.ts';

const UDP = [{ port: 53, targetPort: 8080, protocol: 'UDP' }];

export const PORTS: readonly Situation[] = [
  {
    title: 'C3 several ports',
    service: {
      ports: [
        { name: 'one', port: 80, targetPort: 8080 },
        { name: 'two', port: 443, targetPort: 9090 },
      ],
    },
    acts: [
      {
        endpoints: WEB,
        asks: [
          ask('p1', { clusterIP: true, port: 'one' }, seenBy(ALL, 'p1')),
          ask('p1', { clusterIP: true, port: 'two' }, seenBy(ALL, 'p1')),
        ],
      },
    ],
  },
  {
    title: 'C3 a named target port that is another number in another pod',
    service: { selector: { app: 'web' }, ports: [{ port: 80, targetPort: 'web' }] },
    acts: [{ asks: [ask('p1', CLUSTER_IP, seenBy(ALL, 'p1')), ask('node-2', CLUSTER_IP, seenBy(ALL, 'node-2'))] }],
  },
  {
    title: 'C3 a port that stays the same number',
    service: { ports: [{ port: 8080, targetPort: 8080 }] },
    acts: [{ endpoints: WEB, asks: [ask('p1', CLUSTER_IP, seenBy(ALL, 'p1'))] }],
  },
  ...overProtocol('UDP', { service: { ports: UDP } }),
  {
    title: 'C3 TCP and UDP on one port number',
    service: {
      ports: [
        { name: 'tcp', port: 53, targetPort: 8080, protocol: 'TCP' },
        { name: 'udp', port: 53, targetPort: 9090, protocol: 'UDP' },
      ],
    },
    acts: [
      {
        endpoints: WEB,
        asks: [
          ask('p1', { clusterIP: true, port: 'tcp' }, seenBy(ALL, 'p1')),
          ask('p1', { clusterIP: true, port: 'udp' }, seenBy(ALL, 'p1')),
        ],
      },
    ],
  },
  {
    title: 'C3 a port is added, a port is taken away',
    service: { ports: [{ name: 'one', port: 80, targetPort: 8080 }] },
    acts: [
      { endpoints: WEB, asks: [ask('p1', CLUSTER_IP, seenBy(ALL, 'p1'))] },
      {
        service: {
          ports: [
            { name: 'one', port: 80, targetPort: 8080 },
            { name: 'two', port: 81, targetPort: 9090 },
          ],
        },
        endpoints: [{ at: 'a1' }],
        asks: [
          ask('p1', { clusterIP: true, port: 'one' }, 'a1<p1'),
          ask('p1', { clusterIP: true, port: 'two' }, 'a1<p1'),
        ],
      },
      {
        service: { ports: [{ name: 'two', port: 81, targetPort: 9090 }] },
        endpoints: [{ at: 'b1' }],
        asks: [ask('p1', { clusterIP: true, port: 'two' }, 'b1<p1')],
      },
    ],
  },
  {
    title: 'C14 UDP without endpoints',
    service: { ports: UDP },
    acts: [
      {
        endpoints: [],
        asks: [
          ask('p1', CLUSTER_IP, 'refused', {
            unlike: {
              userspace: {
                expect: 'silence',
                why: 'the relay takes the datagram and has nobody to give it to',
                source: 'kubernetes v1.25 pkg/proxy/userspace/proxysocket.go (udpProxySocket)',
              },
            },
          }),
        ],
      },
    ],
  },
  {
    title: 'C15 a UDP client that keeps its port follows a replaced pod',
    service: { ports: UDP },
    acts: [
      { endpoints: [{ at: 'a1' }], asks: [ask('p1', CLUSTER_IP, 'a1<p1', { keep: true })] },
      { endpoints: [{ at: 'b1' }], asks: [ask('p1', CLUSTER_IP, 'b1<p1', { keep: true })] },
    ],
  },
  {
    title: 'C15 a node’s UDP client that keeps its port follows a replaced pod',
    service: { ports: UDP },
    acts: [
      { endpoints: [{ at: 'a1' }], asks: [ask('node-2', CLUSTER_IP, 'a1<node-2', { keep: true })] },
      { endpoints: [{ at: 'b1' }], asks: [ask('node-2', CLUSTER_IP, 'b1<node-2', { keep: true })] },
    ],
  },
  {
    title: 'C15 a UDP client of a node port follows a replaced pod',
    service: { type: 'NodePort', ports: UDP },
    acts: [
      { endpoints: [{ at: 'a1' }], asks: [ask('client', nodePort('node-2'), 'a1<node-2', { keep: true })] },
      { endpoints: [{ at: 'b1' }], asks: [ask('client', nodePort('node-2'), 'b1<node-2', { keep: true })] },
    ],
  },
];
