/** SCTP: connection tracking and NAT know it, relays do not. */
import { ALL, ask, CLUSTER_IP, nodePort, type Situation, seenBy, WEB } from '../situation.ts';

const SCTP = { ports: [{ port: 2905, targetPort: 8080, protocol: 'SCTP' }] };

export const SCTP_SITUATIONS: readonly Situation[] = [
  {
    title: 'C3 SCTP, from pods, nodes and outside',
    families: [4],
    service: SCTP,
    acts: [
      {
        endpoints: WEB,
        asks: [
          ask('p1', CLUSTER_IP, seenBy(ALL, 'p1')),
          ask('node-2', CLUSTER_IP, seenBy(ALL, 'node-2')),
          ask('client', CLUSTER_IP, seenBy(ALL, 'node-1')),
        ],
      },
    ],
  },
  {
    title: 'C4 SCTP node port',
    families: [4],
    service: { ...SCTP, type: 'NodePort' },
    acts: [
      {
        endpoints: WEB,
        asks: [
          ask('client', nodePort('node-1'), seenBy(ALL, 'node-1')),
          ask('client', nodePort('control-plane'), seenBy(ALL, 'control-plane')),
        ],
      },
    ],
  },
  {
    title: 'C11 external policy Local over SCTP: the client’s address is kept',
    families: [4],
    service: { ...SCTP, type: 'NodePort', externalTrafficPolicy: 'Local' },
    acts: [{ endpoints: WEB, asks: [ask('client', nodePort('node-1'), seenBy(['a1', 'a2'], 'client'))] }],
  },
  {
    title: 'C13 hairpin over SCTP',
    families: [4],
    service: SCTP,
    acts: [{ endpoints: [{ at: 'a1' }], asks: [ask('a1', CLUSTER_IP, 'a1<node-1')] }],
  },
  {
    title: 'C14 SCTP without endpoints, and with one again',
    families: [4],
    service: SCTP,
    acts: [
      { endpoints: [], asks: [ask('p1', CLUSTER_IP, 'refused')] },
      { endpoints: [{ at: 'b1' }], asks: [ask('p1', CLUSTER_IP, 'b1<p1')] },
    ],
  },
];
