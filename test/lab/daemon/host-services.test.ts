import { expect, it } from 'vitest';
import { hostServices } from '../../../src/lab/daemon/host-services.ts';
import { DEFAULT_LAB } from '../../../src/lab/default-lab.ts';
import { planLab } from '../../../src/lab/plan-lab.ts';

it('has a resolver on the gateway that knows the hosts’ names, and on each host what stands in for its image', () => {
  const hosts = [
    { name: 'client', address: '192.168.1.100', names: [] },
    { name: 'mysql', address: '192.168.1.23', names: ['db.example.com', 'db2.example.com'], image: 'mysql:8' },
  ];
  const services = hostServices(planLab('x', { ...DEFAULT_LAB, hosts }));
  expect(services).toMatchObject([
    { kind: 'gateway-resolver', netns: 'x.gateway', args: ['192.168.1.23 db.example.com db2.example.com'] },
    {
      kind: 'banner',
      netns: 'x.mysql',
      image: 'mysql:8',
      pod: { namespace: '', name: 'mysql', ips: ['192.168.1.23'] },
    },
  ]);
});
