/** ServiceAccount: a name pods run as. */
import { SERVICE_ACCOUNTS } from '../../objects/resource.ts';
import type { ServiceAccount } from '../../objects/wire.ts';
import type { ResourceDefinition } from '../resource-definition.ts';
import { AGE, ageOf, column, NAME, nameOf } from './columns.ts';

export const serviceAccount: ResourceDefinition<ServiceAccount> = {
  type: SERVICE_ACCOUNTS,
  singular: 'serviceaccount',
  shortNames: ['sa'],
  categories: [],
  schema: 'io.k8s.api.core.v1.ServiceAccount',
  subresources: ['token'],
  strategy: {},
  table: {
    columns: [NAME, column('Secrets', 'Number of secrets of the account.', 'integer'), AGE],
    cells: (object, now) => [nameOf(object), object.secrets?.length ?? 0, ageOf(object, now)],
  },
};
