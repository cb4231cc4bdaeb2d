/** Services of one family, and of both in every order and change. */
import { ALL, ask, CLUSTER_IP, nodePort, type Situation, seenBy, WEB } from '../situation.ts';

const FROM_P1 = [ask('p1', CLUSTER_IP, seenBy(ALL, 'p1'))];

export const FAMILIES: readonly Situation[] = [
  {
    title: 'C1 a Service of IPv4 alone',
    families: [4],
    service: { type: 'NodePort' },
    acts: [{ endpoints: WEB, asks: [...FROM_P1, ask('client', nodePort('node-2'), seenBy(ALL, 'node-2'))] }],
  },
  {
    title: 'C1 a Service of IPv6 alone',
    families: [6],
    service: { type: 'NodePort' },
    acts: [{ endpoints: WEB, asks: [...FROM_P1, ask('client', nodePort('node-2'), seenBy(ALL, 'node-2'))] }],
  },
  {
    title: 'C1 both families, IPv6 first',
    families: [6, 4],
    service: { type: 'NodePort' },
    acts: [
      {
        endpoints: WEB,
        asks: [
          ...FROM_P1,
          ask('node-2', CLUSTER_IP, seenBy(ALL, 'node-2')),
          ask('client', nodePort('node-1'), seenBy(ALL, 'node-1')),
        ],
      },
    ],
  },
  {
    title: 'C1 PreferDualStack, where both are to be had',
    service: { ipFamilyPolicy: 'PreferDualStack' },
    acts: [{ endpoints: WEB, asks: FROM_P1 }],
  },
  {
    title: 'C1 a Service gives its second family up, and takes it back',
    service: { ipFamilyPolicy: 'PreferDualStack' },
    acts: [
      { endpoints: WEB, asks: FROM_P1 },
      { service: { ipFamilyPolicy: 'SingleStack' }, over: [4], asks: FROM_P1 },
      { service: { ipFamilyPolicy: 'RequireDualStack' }, asks: FROM_P1 },
    ],
  },
  {
    title: 'C2 endpoints by selector, of both families',
    service: { selector: { app: 'web' }, ipFamilyPolicy: 'PreferDualStack' },
    acts: [{ asks: [ask('p2', CLUSTER_IP, seenBy(ALL, 'p2'))] }],
  },
];
