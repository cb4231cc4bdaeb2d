/** Endpoints: the old, single list of a Service's addresses. */
import { hostPort } from '../../net/host-port.ts';
import { ENDPOINTS } from '../../objects/resource.ts';
import type { Endpoints } from '../../objects/wire.ts';
import type { ResourceDefinition } from '../resource-definition.ts';
import { validateEndpoints } from '../validation/endpoints.ts';
import { AGE, ageOf, column, NAME, nameOf } from './columns.ts';

const SHOWN = 3;

export const endpoints: ResourceDefinition<Endpoints> = {
  type: ENDPOINTS,
  singular: 'endpoints',
  shortNames: ['ep'],
  categories: [],
  deprecation: 'v1 Endpoints is deprecated in v1.33+; use discovery.k8s.io/v1 EndpointSlice',
  schema: 'io.k8s.api.core.v1.Endpoints',
  subresources: [],
  strategy: {
    setDefaults(object) {
      if (object.subsets?.length === 0) delete object.subsets;
      for (const subset of object.subsets ?? []) for (const port of subset.ports ?? []) port.protocol ??= 'TCP';
    },
    validate: validateEndpoints,
  },
  table: {
    columns: [NAME, column('Endpoints', 'Addresses and ports.'), AGE],
    cells: (object, now) => [nameOf(object), formatEndpoints(object), ageOf(object, now)],
  },
};

/** `10.244.1.2:80,10.244.2.2:80 + 1 more...`, ready addresses only. */
function formatEndpoints(object: Endpoints): string {
  const pairs = (object.subsets ?? []).flatMap((subset) =>
    (subset.ports ?? []).length === 0
      ? (subset.addresses ?? []).map(({ ip }) => ip)
      : (subset.ports ?? []).flatMap(({ port }) => (subset.addresses ?? []).map(({ ip }) => hostPort(ip, port))),
  );
  if (pairs.length === 0) return '<none>';
  const more = pairs.length > SHOWN ? ` + ${pairs.length - SHOWN} more...` : '';
  return pairs.slice(0, SHOWN).join(',') + more;
}
