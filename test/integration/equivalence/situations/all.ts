/** Every situation. */
import type { IpFamily } from '../../../../src/net/ip.ts';
import { familiesOf, type Situation } from '../situation.ts';
import { AFFINITIES } from './affinity.ts';
import { CLUSTER_IPS } from './cluster-ip.ts';
import { FAMILIES } from './families.ts';
import { LOAD_BALANCERS } from './load-balancer.ts';
import { NODE_PORTS } from './node-port.ts';
import { POLICIES } from './policies.ts';
import { PORTS } from './ports.ts';
import { SCTP_SITUATIONS } from './sctp.ts';

export const SITUATIONS: readonly Situation[] = [
  ...CLUSTER_IPS,
  ...FAMILIES,
  ...PORTS,
  ...SCTP_SITUATIONS,
  ...NODE_PORTS,
  ...LOAD_BALANCERS,
  ...POLICIES,
  ...AFFINITIES,
];

/** Each over each of its families. */
export const PLAYS: readonly { readonly situation: Situation; readonly family: IpFamily }[] = SITUATIONS.flatMap(
  (situation) => familiesOf(situation).map((family) => ({ situation, family })),
);
