/**
 * The objects a cluster has before anybody creates one: what kube-apiserver makes at its start (namespaces, ServiceCIDRs,
 * the `kubernetes` Service), what kubeadm adds (the DNS), and the Nodes. Pure.
 */
import type { KubernetesServiceOptions } from '../controllers/kubernetes-service.ts';
import type { Deployment, Namespace, Node, Service, ServiceCIDR } from '../objects/wire.ts';
import type { LabPlan, NodePlan } from './plan-lab.ts';

export const API_PORT = 6443;
/** The image whose stand-in is the lab's DNS server. */
export const DNS_IMAGE = 'registry.k8s.io/coredns/coredns:v1.12.1';
const CONTROL_PLANE_TAINT = 'node-role.kubernetes.io/control-plane';

/** As kube-apiserver creates them. */
export const SYSTEM_NAMESPACES: readonly string[] = ['default', 'kube-system', 'kube-public', 'kube-node-lease'];

export function namespaceObject(name: string): Namespace {
  return { apiVersion: 'v1', kind: 'Namespace', metadata: { name } };
}

/** `kubernetes` for the first range, as kube-apiserver names it; further ones are named for their address. */
export function serviceCIDRObjects(plan: LabPlan): ServiceCIDR[] {
  const object = (name: string, cidr: string): ServiceCIDR => ({
    apiVersion: 'networking.k8s.io/v1',
    kind: 'ServiceCIDR',
    metadata: { name },
    spec: { cidrs: [cidr] },
  });
  return [
    object('kubernetes', plan.serviceSubnet),
    ...plan.additionalServiceCIDRs.map((cidr) => object(`lab-${cidr.replace(/[./]/g, '-')}`, cidr)),
  ];
}

/** Where the `kubernetes` Service stands, and what it leads to: the API on the control-plane node. */
export function apiServiceOptions(plan: LabPlan): KubernetesServiceOptions {
  return { clusterIP: plan.apiServiceIp, addresses: [controlPlane(plan).ip], port: API_PORT };
}

/** A Node before its kubelet has said anything of it; with workers, the control plane takes only pods that tolerate it. */
export function nodeObject(plan: LabPlan, node: NodePlan): Node {
  const hasWorkers = plan.nodes.length > 1;
  return {
    apiVersion: 'v1',
    kind: 'Node',
    metadata: {
      name: node.name,
      labels: {
        'beta.kubernetes.io/arch': architecture(),
        'beta.kubernetes.io/os': 'linux',
        'kubernetes.io/arch': architecture(),
        'kubernetes.io/hostname': node.name,
        'kubernetes.io/os': 'linux',
        ...node.labels,
      },
    },
    spec: {
      podCIDR: node.podCIDR,
      podCIDRs: [node.podCIDR],
      ...(node.role === 'control-plane' && hasWorkers
        ? { taints: [{ key: CONTROL_PLANE_TAINT, effect: 'NoSchedule' }] }
        : {}),
    },
  };
}

/** The cluster DNS as kubeadm installs it: two CoreDNS pods behind `kube-dns` at the tenth Service address. */
export function dnsObjects(plan: LabPlan): { service: Service; deployment: Deployment } {
  const labels = { 'k8s-app': 'kube-dns' };
  return {
    service: {
      apiVersion: 'v1',
      kind: 'Service',
      metadata: {
        name: 'kube-dns',
        namespace: 'kube-system',
        labels: { ...labels, 'kubernetes.io/cluster-service': 'true', 'kubernetes.io/name': 'CoreDNS' },
        annotations: { 'prometheus.io/port': '9153', 'prometheus.io/scrape': 'true' },
      },
      spec: {
        clusterIP: plan.dnsServiceIp,
        selector: labels,
        ports: [
          { name: 'dns', port: 53, protocol: 'UDP', targetPort: 53 },
          { name: 'dns-tcp', port: 53, protocol: 'TCP', targetPort: 53 },
          { name: 'metrics', port: 9153, protocol: 'TCP', targetPort: 9153 },
        ],
      },
    },
    deployment: {
      apiVersion: 'apps/v1',
      kind: 'Deployment',
      metadata: { name: 'coredns', namespace: 'kube-system', labels },
      spec: {
        replicas: 2,
        strategy: { type: 'RollingUpdate', rollingUpdate: { maxUnavailable: 1 } },
        selector: { matchLabels: labels },
        template: { metadata: { labels }, spec: dnsPodSpec() },
      },
    },
  };
}

function dnsPodSpec(): NonNullable<Deployment['spec']>['template']['spec'] {
  return {
    priorityClassName: 'system-cluster-critical',
    // The node's own resolver: the DNS server must not ask itself.
    dnsPolicy: 'Default',
    nodeSelector: { 'kubernetes.io/os': 'linux' },
    // kubeadm also tolerates the control plane's taint, since it installs the DNS before there are workers. Here they are
    // there, and a control plane without pods is worth seeing: a NodePort answers on it all the same.
    tolerations: [{ key: 'CriticalAddonsOnly', operator: 'Exists' }],
    containers: [
      {
        name: 'coredns',
        image: DNS_IMAGE,
        args: ['-conf', '/etc/coredns/Corefile'],
        ports: [
          { name: 'dns', containerPort: 53, protocol: 'UDP' },
          { name: 'dns-tcp', containerPort: 53, protocol: 'TCP' },
          { name: 'metrics', containerPort: 9153, protocol: 'TCP' },
        ],
        livenessProbe: { httpGet: { path: '/health', port: 8080 }, initialDelaySeconds: 60, timeoutSeconds: 5 },
        readinessProbe: { httpGet: { path: '/ready', port: 8181 } },
      },
    ],
  };
}

/** The control-plane node: the rules of the lab file see to it that there is one. */
export function controlPlane(plan: LabPlan): NodePlan {
  const node = plan.nodes.find(({ role }) => role === 'control-plane');
  if (node === undefined) throw new Error(`the plan of ${plan.name} has no control plane`);
  return node;
}

/** As Go names this machine's architecture. */
function architecture(): string {
  return process.arch === 'x64' ? 'amd64' : process.arch;
}
