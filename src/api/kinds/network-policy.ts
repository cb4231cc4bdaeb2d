/** NetworkPolicy: who may talk to which pods. */
import { NETWORK_POLICIES } from '../../objects/resource.ts';
import type { NetworkPolicy } from '../../objects/wire.ts';
import type { ResourceDefinition } from '../resource-definition.ts';
import { validateNetworkPolicy } from '../validation/network-policy.ts';
import { AGE, ageOf, column, formatSelector, NAME, nameOf } from './columns.ts';
import { specAndStatus } from './generation.ts';

export const networkPolicy: ResourceDefinition<NetworkPolicy> = {
  type: NETWORK_POLICIES,
  singular: 'networkpolicy',
  shortNames: ['netpol'],
  categories: [],
  schema: 'io.k8s.api.networking.v1.NetworkPolicy',
  subresources: [],
  strategy: {
    ...specAndStatus<NetworkPolicy>(undefined),
    setDefaults({ spec }) {
      if (spec === undefined) return;
      spec.podSelector ??= {};
      // A policy that says nothing of its types is at least one of ingress.
      if ((spec.policyTypes ?? []).length === 0) {
        spec.policyTypes = (spec.egress ?? []).length > 0 ? ['Ingress', 'Egress'] : ['Ingress'];
      }
      for (const { ports } of [...(spec.ingress ?? []), ...(spec.egress ?? [])]) {
        for (const port of ports ?? []) port.protocol ??= 'TCP';
      }
    },
    validate: validateNetworkPolicy,
  },
  table: {
    columns: [NAME, column('Pod-Selector', 'The pods it is about; of its own namespace.'), AGE],
    cells: (object, now) => [nameOf(object), formatSelector(object.spec?.podSelector), ageOf(object, now)],
  },
};
