/** The IPAddress objects that say which Service has which cluster IP. */
import { parseIp } from '../../net/ip.ts';
import type { IPAddress, Service } from '../../objects/wire.ts';

/** One per cluster IP; named by the address, labelled as Kubernetes' allocator does. */
export function serviceIpAddresses({ metadata, spec }: Service): IPAddress[] {
  if (spec?.type === 'ExternalName') return [];
  return (spec?.clusterIPs ?? []).flatMap((address) => {
    const ip = parseIp(address);
    if (ip === undefined) return [];
    const { namespace = '', name = '' } = metadata ?? {};
    const labels = {
      'ipaddress.kubernetes.io/ip-family': `IPv${ip.family}`,
      'ipaddress.kubernetes.io/managed-by': 'ipallocator.k8s.io',
    };
    return [
      {
        apiVersion: 'networking.k8s.io/v1',
        kind: 'IPAddress',
        metadata: { name: address, labels },
        spec: { parentRef: { resource: 'services', namespace, name } },
      },
    ];
  });
}
