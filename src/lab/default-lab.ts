/**
 * The default lab as a value: what `lab/default.yaml` says, for `podwire up` without a file, which then needs neither a
 * YAML parser nor the schema (a test holds the two against each other).
 */
import type { LabFile } from './lab-file-schema.ts';
import { LAB_OPTIONS } from './proxy-config/option-defaults.ts';

export const DEFAULT_LAB: LabFile = {
  apiVersion: 'podwire.dev/v1alpha1',
  kind: 'Lab',
  nodes: [
    { name: 'control-plane', role: 'control-plane', labels: {} },
    { name: 'node-1', role: 'worker', labels: {} },
    { name: 'node-2', role: 'worker', labels: {} },
  ],
  networking: {
    podSubnet: '10.244.0.0/16',
    serviceSubnet: '10.96.0.0/12',
    additionalServiceCIDRs: [],
    ipFamily: 'ipv4',
    kubeProxyMode: 'iptables',
    dnsDomain: 'cluster.local',
  },
  flannel: {
    Network: '10.244.0.0/16',
    SubnetLen: 24,
    IPv6SubnetLen: 64,
    Backend: { Type: 'vxlan', VNI: 1, Port: 8472 },
  },
  kubeProxy: { strictProxyMode: false, ...LAB_OPTIONS },
  kubelet: { maxPods: 110, nodeLeaseDurationSeconds: 40 },
  controllerManager: { nodeMonitorGracePeriodSeconds: 50 },
  underlay: { subnet: '192.168.1.0/24', mtu: 1500 },
  dns: 'podwire',
  hosts: [{ name: 'client', address: '192.168.1.100', names: [] }],
  ingress: 'haproxy',
  loadBalancer: { addresses: ['203.0.113.0/24'] },
};
