/**
 * The objects a cluster has before anybody creates one: what kube-apiserver makes at its start (namespaces, ServiceCIDRs,
 * the `kubernetes` Service) and the Nodes. What kubeadm adds is in dns-objects.ts. Pure.
 */
import type { KubernetesServiceOptions } from '../controllers/kubernetes-service.ts';
import type { Namespace, Node, ServiceCIDR } from '../objects/wire.ts';
import type { LabPlan, NodePlan } from './plan-lab.ts';

export const API_PORT = 6443;
const CONTROL_PLANE_TAINT = 'node-role.kubernetes.io/control-plane';

/** As kube-apiserver creates them. */
export const SYSTEM_NAMESPACES: readonly string[] = ['default', 'kube-system', 'kube-public', 'kube-node-lease'];

export function namespaceObject(name: string): Namespace {
  return { apiVersion: 'v1', kind: 'Namespace', metadata: { name } };
}

/** `kubernetes` for the first range, as kube-apiserver names it; further ones are named for their address. */
export function serviceCIDRObjects(plan: LabPlan): ServiceCIDR[] {
  const object = (name: string, cidrs: readonly string[]): ServiceCIDR => ({
    apiVersion: 'networking.k8s.io/v1',
    kind: 'ServiceCIDR',
    metadata: { name },
    spec: { cidrs: [...cidrs] },
  });
  return [
    object('kubernetes', plan.serviceSubnets),
    ...plan.additionalServiceCIDRs.map((cidr) => object(`lab-${cidr.replace(/[.:/]+/g, '-')}`, [cidr])),
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
      podCIDR: node.podCIDRs[0]!,
      podCIDRs: [...node.podCIDRs],
      ...(node.role === 'control-plane' && hasWorkers
        ? { taints: [{ key: CONTROL_PLANE_TAINT, effect: 'NoSchedule' }] }
        : {}),
    },
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
