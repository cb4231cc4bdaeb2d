/** Lease: who holds something, and since when it was last renewed. */
import { LEASES } from '../../objects/resource.ts';
import type { Lease } from '../../objects/wire.ts';
import type { ResourceDefinition } from '../resource-definition.ts';
import { AGE, ageOf, column, NAME, nameOf } from './columns.ts';

export const lease: ResourceDefinition<Lease> = {
  type: LEASES,
  singular: 'lease',
  shortNames: [],
  categories: [],
  schema: 'io.k8s.api.coordination.v1.Lease',
  subresources: [],
  strategy: {},
  table: {
    columns: [NAME, column('Holder', 'Who holds the lease.'), AGE],
    cells: (object, now) => [nameOf(object), object.spec?.holderIdentity ?? '', ageOf(object, now)],
  },
};
