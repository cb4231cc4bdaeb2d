/** Every situation. */
import type { Situation } from '../situation.ts';
import { AFFINITIES } from './affinity.ts';
import { CLUSTER_IPS } from './cluster-ip.ts';
import { LOAD_BALANCERS } from './load-balancer.ts';
import { NODE_PORTS } from './node-port.ts';
import { POLICIES } from './policies.ts';
import { PORTS } from './ports.ts';

export const SITUATIONS: readonly Situation[] = [
  ...CLUSTER_IPS,
  ...PORTS,
  ...NODE_PORTS,
  ...LOAD_BALANCERS,
  ...POLICIES,
  ...AFFINITIES,
];
