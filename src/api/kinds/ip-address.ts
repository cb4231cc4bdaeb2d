/** IPAddress: an address taken from a ServiceCIDR, and by whom. */
import { IP_ADDRESSES } from '../../objects/resource.ts';
import type { IPAddress } from '../../objects/wire.ts';
import type { ResourceDefinition } from '../resource-definition.ts';
import { AGE, ageOf, column, NAME, nameOf } from './columns.ts';

export const ipAddress: ResourceDefinition<IPAddress> = {
  type: IP_ADDRESSES,
  singular: 'ipaddress',
  shortNames: ['ip'],
  categories: [],
  schema: 'io.k8s.api.networking.v1.IPAddress',
  subresources: [],
  strategy: {
    selectableFields: { 'spec.parentRef': (object) => parent(object) },
  },
  table: {
    columns: [NAME, column('ParentRef', 'What holds the address.'), AGE],
    cells: (object, now) => [nameOf(object), parent(object), ageOf(object, now)],
  },
};

/** `services/default/web`, with the group in front where there is one. */
function parent(object: IPAddress): string {
  const { group, resource, namespace, name } = object.spec?.parentRef ?? {};
  return [group, resource, namespace, name].filter((part) => part !== undefined && part !== '').join('/');
}
