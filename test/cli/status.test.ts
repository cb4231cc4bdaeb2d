import { describe, expect, it } from 'vitest';
import { formatStatus } from '../../src/cli/commands/status.ts';
import type { LabSnapshot } from '../../src/lab/lab-snapshot.ts';

const SNAPSHOT: LabSnapshot = {
  name: 'podwire',
  kernel: 'host',
  createdAt: '2026-01-01T00:00:00.000Z',
  kubernetesVersion: 'v1.36.0',
  podSubnet: '10.244.0.0/16',
  serviceSubnet: '10.96.0.0/12',
  nodes: [
    {
      name: 'node-1',
      role: 'worker',
      netns: 'podwire.node-1',
      ip: '192.168.1.11',
      ips: ['192.168.1.11'],
      podCIDR: '10.244.1.0/24',
      podCIDRs: ['10.244.1.0/24'],
      ready: true,
      proxy: { mode: 'iptables', synced: true, generation: 4 },
    },
  ],
  hosts: [{ name: 'client', netns: 'podwire.client', ip: '192.168.1.100', ips: ['192.168.1.100'] }],
  pods: [],
  services: [
    {
      namespace: 'default',
      name: 'web',
      type: 'NodePort',
      clusterIP: '10.96.0.7',
      clusterIPs: ['10.96.0.7'],
      ports: ['80:30078/TCP'],
      endpoints: [],
    },
  ],
  timings: [{ part: 'fabric', ms: 31.4 }],
  warnings: ['net.netfilter.nf_conntrack_max is read-only'],
};

describe('podwire status', () => {
  it('prints tables in kubectl’s manner', () => {
    expect(formatStatus(SNAPSHOT)).toBe(
      `lab podwire: 1 of 1 nodes ready, Kubernetes v1.36.0, pods 10.244.0.0/16, Services 10.96.0.0/12
warning: net.netfilter.nf_conntrack_max is read-only

NODE     ROLE     STATUS   IP             POD CIDR        KUBE-PROXY         NAMESPACE
node-1   worker   Ready    192.168.1.11   10.244.1.0/24   iptables, synced   podwire.node-1

HOST     IP              NAMESPACE
client   192.168.1.100   podwire.client

SERVICE       TYPE       CLUSTER-IP   PORTS          ENDPOINTS
default/web   NodePort   10.96.0.7    80:30078/TCP   <none>

built in: fabric 31 ms
`,
    );
  });
});
