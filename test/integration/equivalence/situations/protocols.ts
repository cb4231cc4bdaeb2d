/** What holds for a Service port of any protocol whose packets are translated one by one. */
import { ALL, ask, CLUSTER_IP, nodePort, type Situation, seenBy, WEB } from '../situation.ts';

/** Asked from pods, nodes and outside, by its node port, by its own pod. `of`: what the situations have in common. */
export function overProtocol(protocol: 'UDP' | 'SCTP', of: Pick<Situation, 'service' | 'families'>): Situation[] {
  const withNodePort = { ...of, service: { ...of.service, type: 'NodePort' } };
  return [
    {
      ...of,
      title: `C3 ${protocol}, from pods, nodes and outside`,
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
      ...withNodePort,
      title: `C4 ${protocol} node port`,
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
      ...of,
      title: `C13 hairpin over ${protocol}`,
      acts: [{ endpoints: [{ at: 'a1' }], asks: [ask('a1', CLUSTER_IP, 'a1<node-1')] }],
    },
  ];
}
