/** SCTP: connection tracking and NAT know it, relays do not. */
import { ask, CLUSTER_IP, nodePort, type Situation, seenBy, WEB } from '../situation.ts';
import { overProtocol } from './protocols.ts';

const SCTP = {
  families: [4],
  service: { ports: [{ port: 2905, targetPort: 8080, protocol: 'SCTP' }] },
} as const satisfies Pick<Situation, 'families' | 'service'>;

export const SCTP_SITUATIONS: readonly Situation[] = [
  ...overProtocol('SCTP', SCTP),
  {
    title: 'C11 external policy Local over SCTP: the client’s address is kept',
    ...SCTP,
    service: { ...SCTP.service, type: 'NodePort', externalTrafficPolicy: 'Local' },
    acts: [{ endpoints: WEB, asks: [ask('client', nodePort('node-1'), seenBy(['a1', 'a2'], 'client'))] }],
  },
  {
    title: 'C14 SCTP without endpoints, and with one again',
    ...SCTP,
    acts: [
      { endpoints: [], asks: [ask('p1', CLUSTER_IP, 'refused')] },
      { endpoints: [{ at: 'b1' }], asks: [ask('p1', CLUSTER_IP, 'b1<p1')] },
    ],
  },
];
