/** Session affinity by the client's address. */
import { ask, CLUSTER_IP, nodePort, type Situation, VIP, WEB } from '../situation.ts';

const AFFINITY = { sessionAffinity: 'ClientIP' } as const;

const THREE_SECONDS = { clientIP: { timeoutSeconds: 3 } };
const PAUSE_MS = 3300;

export const AFFINITIES: readonly Situation[] = [
  {
    title: 'C10 a client stays with its pod',
    service: AFFINITY,
    acts: [
      {
        endpoints: WEB,
        asks: (['p1', 'p2', 'node-1', 'control-plane'] as const).map((from) => ask(from, CLUSTER_IP, 'sticks')),
      },
    ],
  },
  {
    title: 'C10 over a node port',
    service: { ...AFFINITY, type: 'NodePort' },
    acts: [
      {
        endpoints: WEB,
        asks: [ask('client', nodePort('node-1'), 'sticks'), ask('client', nodePort('control-plane'), 'sticks')],
      },
    ],
  },
  {
    title: 'C10 over the load balancer’s address',
    service: AFFINITY,
    vip: { via: 'node-2', as: 'loadBalancer' },
    acts: [{ endpoints: WEB, asks: [ask('client', VIP, 'sticks')] }],
  },
  {
    title: 'C10 over UDP',
    service: { ...AFFINITY, ports: [{ port: 53, targetPort: 8080, protocol: 'UDP' }] },
    acts: [{ endpoints: WEB, asks: [ask('p1', CLUSTER_IP, 'sticks')] }],
  },
  {
    title: 'C10 with external policy Local',
    service: { ...AFFINITY, type: 'NodePort', externalTrafficPolicy: 'Local' },
    acts: [{ endpoints: WEB, asks: [ask('client', nodePort('node-1'), 'sticks')] }],
  },
  {
    title: 'C10 a client whose pod has gone gets another',
    service: AFFINITY,
    acts: [
      { endpoints: [{ at: 'a1' }], asks: [ask('p1', CLUSTER_IP, 'a1<p1')] },
      { endpoints: [{ at: 'b1' }], asks: [ask('p1', CLUSTER_IP, 'b1<p1')] },
    ],
  },
  {
    title: 'C10 affinity is given up',
    service: AFFINITY,
    acts: [
      { endpoints: WEB, asks: [ask('p1', CLUSTER_IP, 'sticks')] },
      { service: { sessionAffinity: 'None' }, asks: [ask('p1', CLUSTER_IP, 'a1<p1 a2<p1 b1<p1')] },
    ],
  },
  {
    title: 'C10 a client is let go when it has not come for the time-out',
    service: { ...AFFINITY, sessionAffinityConfig: THREE_SECONDS },
    acts: [
      {
        endpoints: WEB,
        asks: [
          ask('p1', CLUSTER_IP, 'lets go', {
            pauseMs: PAUSE_MS,
            unlike: {
              ipvs: {
                expect: 'sticks',
                why: 'a client’s template lives as long as the connections it has made, closed ones (two minutes) among them',
                source: 'linux net/netfilter/ipvs/ip_vs_conn.c (ip_vs_conn_expire), ip_vs_proto_tcp.c (tcp_timeouts)',
              },
            },
          }),
        ],
      },
    ],
  },
  {
    title: 'C10 over UDP, a client is let go when it has not come for the time-out',
    service: {
      ...AFFINITY,
      sessionAffinityConfig: THREE_SECONDS,
      ports: [{ port: 53, targetPort: 8080, protocol: 'UDP' }],
    },
    acts: [{ endpoints: WEB, asks: [ask('p2', CLUSTER_IP, 'lets go', { pauseMs: PAUSE_MS })] }],
  },
];
