/** Services as the load balancer sees them, for its planners' tests. */
import type { BalancedService } from '../../src/cloud/balanced-service.ts';

export const MEMBERS = [
  { node: 'node-1', address: '192.168.1.11' },
  { node: 'node-2', address: '192.168.1.12' },
];

export const WEB: BalancedService = {
  key: 'shop/web',
  address: '203.0.113.1',
  ports: [{ name: 'http', protocol: 'TCP', port: 80, nodePort: 30080 }],
  members: MEMBERS,
  isSticky: false,
};

export const LOCAL: BalancedService = {
  key: 'shop/local',
  address: '203.0.113.2',
  ports: [{ name: '', protocol: 'TCP', port: 8081, nodePort: 30081 }],
  members: MEMBERS,
  healthCheckNodePort: 32000,
  isSticky: true,
};

export const NAMES: BalancedService = {
  key: 'shop/names',
  address: '203.0.113.3',
  ports: [
    { name: 'dns', protocol: 'UDP', port: 53, nodePort: 30053 },
    { name: 'dns-tcp', protocol: 'TCP', port: 53, nodePort: 30054 },
  ],
  members: MEMBERS,
  sourceRanges: ['192.168.1.0/25', '10.0.0.0/8'],
  isSticky: false,
};
