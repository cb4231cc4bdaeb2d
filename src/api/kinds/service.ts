/** Service: a stable address in front of changing pods. Defaults, rules and allocation have files of their own. */
import { SERVICES } from '../../objects/resource.ts';
import type { Service } from '../../objects/wire.ts';
import type { ServiceAllocator } from '../allocation/service-allocator.ts';
import type { ResourceDefinition } from '../resource-definition.ts';
import { AGE, ageOf, column, formatLabels, loadBalancerAddresses, NAME, nameOf, wide } from './columns.ts';
import { serviceStrategy } from './service-strategy.ts';

const NONE = '<none>';

/** The kind, taking addresses and ports from this server's allocator. */
export function service(allocator: ServiceAllocator): ResourceDefinition<Service> {
  return {
    type: SERVICES,
    singular: 'service',
    shortNames: ['svc'],
    categories: ['all'],
    schema: 'io.k8s.api.core.v1.Service',
    subresources: ['status', 'proxy'],
    strategy: serviceStrategy(allocator),
    table: {
      columns: [
        NAME,
        column('Type', 'How the Service is exposed.'),
        column('Cluster-IP', 'Address within the cluster.'),
        column('External-IP', 'Address from outside.'),
        column('Port(s)', 'Ports, with their node port where there is one.'),
        AGE,
        wide('Selector', 'Which pods it stands for.'),
      ],
      cells: (object, now) => [
        nameOf(object),
        object.spec?.type ?? '',
        object.spec?.clusterIP || NONE,
        externalIP(object),
        ports(object),
        ageOf(object, now),
        formatLabels(object.spec?.selector),
      ],
    },
  };
}

function externalIP(object: Service): string {
  const own = object.spec?.externalIPs ?? [];
  switch (object.spec?.type) {
    case 'ExternalName':
      return object.spec.externalName ?? '';
    case 'LoadBalancer': {
      const shown = loadBalancerAddresses(object.status?.loadBalancer);
      const all = shown === '' ? own : [shown, ...own];
      return all.length === 0 ? '<pending>' : all.join(',');
    }
    default:
      return own.length === 0 ? NONE : own.join(',');
  }
}

/** `80:30078/TCP,443/TCP`. */
function ports(object: Service): string {
  const shown = (object.spec?.ports ?? []).map(({ port, nodePort, protocol }) =>
    nodePort ? `${port}:${nodePort}/${protocol ?? 'TCP'}` : `${port}/${protocol ?? 'TCP'}`,
  );
  return shown.length === 0 ? NONE : shown.join(',');
}
