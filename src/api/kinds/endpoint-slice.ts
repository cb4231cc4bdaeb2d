/** EndpointSlice: up to 100 endpoints of a Service, with their conditions and topology. */
import { ENDPOINT_SLICES } from '../../objects/resource.ts';
import type { EndpointSlice } from '../../objects/wire.ts';
import type { ResourceDefinition } from '../resource-definition.ts';
import { validateEndpointSlice, validateEndpointSliceUpdate } from '../validation/endpoints.ts';
import { AGE, ageOf, column, NAME, nameOf } from './columns.ts';
import { bumpGeneration } from './generation.ts';

const SHOWN = 3;

export const endpointSlice: ResourceDefinition<EndpointSlice> = {
  type: ENDPOINT_SLICES,
  singular: 'endpointslice',
  shortNames: [],
  categories: [],
  schema: 'io.k8s.api.discovery.v1.EndpointSlice',
  subresources: [],
  strategy: {
    setDefaults(object) {
      object.endpoints ??= [];
      object.ports ??= [];
      for (const port of object.ports) {
        port.name ??= '';
        port.protocol ??= 'TCP';
      }
    },
    prepareForCreate(object) {
      if (object.metadata !== undefined) object.metadata.generation = 1;
    },
    prepareForUpdate(object, previous) {
      const content = ({ addressType, endpoints, ports, metadata }: EndpointSlice) => ({
        metadata: { ...metadata },
        spec: { addressType, endpoints, ports, labels: metadata?.labels },
      });
      const now = content(object);
      bumpGeneration(now, content(previous));
      if (object.metadata !== undefined && now.metadata.generation !== undefined)
        object.metadata.generation = now.metadata.generation;
    },
    validate: validateEndpointSlice,
    validateUpdate: validateEndpointSliceUpdate,
  },
  table: {
    columns: [
      NAME,
      column('AddressType', 'IPv4, IPv6 or FQDN.'),
      column('Ports', 'Port numbers.'),
      column('Endpoints', 'Addresses.'),
      AGE,
    ],
    cells: (object, now) => [
      nameOf(object),
      object.addressType,
      shorten((object.ports ?? []).map(({ port, name }) => String(port ?? (name || '*')))),
      shorten((object.endpoints ?? []).flatMap(({ addresses }) => addresses)),
      ageOf(object, now),
    ],
  },
};

/** The first three, then how many more there are. */
function shorten(items: readonly string[]): string {
  if (items.length === 0) return '<unset>';
  const more = items.length > SHOWN ? ` + ${items.length - SHOWN} more...` : '';
  return items.slice(0, SHOWN).join(',') + more;
}
