/** ServiceCIDR: ranges cluster IPs are taken from. A further one extends what can be allocated. */
import { SERVICE_CIDRS } from '../../objects/resource.ts';
import type { ServiceCIDR } from '../../objects/wire.ts';
import type { ServiceAllocator } from '../allocation/service-allocator.ts';
import type { ResourceDefinition } from '../resource-definition.ts';
import { validateServiceCIDR, validateServiceCIDRUpdate } from '../validation/service-cidr.ts';
import { AGE, ageOf, column, NAME, nameOf } from './columns.ts';
import { specAndStatus } from './generation.ts';

/** The kind, feeding the ranges of this server's allocator. */
export function serviceCIDR(allocator: ServiceAllocator): ResourceDefinition<ServiceCIDR> {
  const add = (object: ServiceCIDR) => allocator.addRanges(nameOf(object), object.spec?.cidrs ?? []);
  return {
    type: SERVICE_CIDRS,
    singular: 'servicecidr',
    shortNames: [],
    categories: [],
    schema: 'io.k8s.api.networking.v1.ServiceCIDR',
    subresources: ['status'],
    strategy: {
      ...specAndStatus<ServiceCIDR>(undefined),
      prepareForCreate(object, { now }) {
        if (object.metadata !== undefined) object.metadata.generation = 1;
        const message = 'Kubernetes Service CIDR is ready';
        object.status = {
          conditions: [{ type: 'Ready', status: 'True', lastTransitionTime: now, reason: '', message }],
        };
      },
      validate: validateServiceCIDR,
      validateUpdate: validateServiceCIDRUpdate,
      allocate(object, _previous, { dryRun }) {
        if (!dryRun) add(object);
        return [];
      },
      restore: add,
      release: (object) => allocator.removeRanges(nameOf(object)),
    },
    table: {
      columns: [NAME, column('CIDRs', 'The ranges.'), AGE],
      cells: (object, now) => [nameOf(object), (object.spec?.cidrs ?? []).join(','), ageOf(object, now)],
    },
  };
}
