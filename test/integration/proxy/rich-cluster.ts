/** Services that between them have every kind of rule, in either family. */
import type { ServicePortViews } from '../../../src/objects/service-port-view.ts';
import { NODE, service, slice, viewsOf } from '../../proxy/fixtures.ts';

/** The views of node-1. */
export function richViews(family: 4 | 6): ServicePortViews {
  const at = (network: string, host: number) =>
    family === 4 ? `${network}.${host}` : `fd00:${network.split('.')[1]}::${host}`;
  const ports = (nodePort: number) => [{ name: 'p80', port: 80, nodePort }];
  const balanced = (ip: string) => ({ status: { loadBalancer: { ingress: [{ ip, ipMode: 'VIP' }] } } });
  const pods = [at('10.244.2', 2), { ip: at('10.244.1', 3), nodeName: NODE }, at('10.244.2', 4)];
  const services = [
    service({ clusterIP: at('10.96.0', 1) }, 'ns/plain'),
    service(
      { clusterIP: at('10.96.0', 2), sessionAffinity: 'ClientIP', ports: [{ name: 'p80', port: 80 }] },
      'ns/sticky',
    ),
    service({ clusterIP: at('10.96.0', 3), ports: [{ name: 'p80', port: 53, protocol: 'UDP' }] }, 'ns/nobody'),
    service({ clusterIP: at('10.96.0', 4), internalTrafficPolicy: 'Local' }, 'ns/inner'),
    service(
      {
        clusterIP: at('10.96.0', 5),
        type: 'LoadBalancer',
        ports: ports(30_080),
        externalIPs: [at('10.200.0', 1)],
        loadBalancerSourceRanges:
          family === 4 ? ['203.0.113.0/24', '192.168.1.0/24', '198.51.100.7/32'] : ['fd00:9::/64', 'fd00:1::/64'],
      },
      'ns/public',
      balanced(at('10.201.0', 1)),
    ),
    service(
      {
        clusterIP: at('10.96.0', 6),
        type: 'LoadBalancer',
        ports: ports(30_081),
        externalTrafficPolicy: 'Local',
        healthCheckNodePort: 32_000,
        // Without the node.
        loadBalancerSourceRanges: [family === 4 ? '203.0.113.0/24' : 'fd00:9::/64'],
      },
      'ns/near',
      balanced(at('10.201.0', 2)),
    ),
    service(
      { clusterIP: at('10.96.0', 7), type: 'NodePort', ports: ports(30_082), externalTrafficPolicy: 'Local' },
      'ns/far',
    ),
  ];
  const slices = ['plain', 'sticky', 'inner', 'public', 'near'].map((name) =>
    slice(pods, { service: `ns/${name}`, family }),
  );
  return viewsOf(services, [...slices, slice([at('10.244.2', 2)], { service: 'ns/far', family })], { family });
}
