/**
 * The plan of a lab: every name, address and block, from the lab file alone. Pure; what `up` writes down first and what
 * every later command of the same lab goes by.
 */
import { cidrOf, formatCidr, nthAddress, nthSubnet } from '../net/cidr.ts';
import type { ProxyMode } from '../objects/proxy-mode.ts';
import type { LabFile } from './lab-file-schema.ts';

export interface LabPlan {
  readonly name: string;
  readonly underlay: { readonly subnet: string; readonly prefix: number; readonly mtu: number };
  readonly fabric: { readonly netns: string };
  /** The nodes' and hosts' default route. */
  readonly gateway: HostPlan;
  readonly nodes: readonly NodePlan[];
  readonly hosts: readonly OutsideHostPlan[];
  readonly podSubnet: string;
  readonly serviceSubnet: string;
  readonly additionalServiceCIDRs: readonly string[];
  readonly dnsDomain: string;
  /** ClusterIP of `kubernetes.default`: the first address of the Service range. */
  readonly apiServiceIp: string;
  /** ClusterIP of `kube-dns.kube-system`: the tenth. */
  readonly dnsServiceIp: string;
  /** Absolute path of the CoreDNS that serves the cluster's names; absent: podwire's own server does. */
  readonly coreDns?: string;
  readonly proxyMode: ProxyMode;
  readonly vxlan: { readonly vni: number; readonly port: number };
  /** Pods each node takes. */
  readonly maxPods: number;
  /** Seconds a node's Lease lives, and those of silence after which the node is written off. */
  readonly nodeLeaseSeconds: number;
  readonly nodeGraceSeconds: number;
}

export interface HostPlan {
  readonly name: string;
  readonly netns: string;
  readonly ip: string;
}

/** A machine on the underlay that is no node. */
export interface OutsideHostPlan extends HostPlan {
  /** Domain names, all of this address. */
  readonly names: readonly string[];
  /** The image whose stand-in serves there. */
  readonly image?: string;
}

export interface NodePlan extends HostPlan {
  readonly role: 'control-plane' | 'worker';
  readonly podCIDR: string;
  /** The lab file's labels, the zone's and the role's among them. */
  readonly labels: Readonly<Record<string, string>>;
}

/** Nodes' addresses start this far into the underlay, as a site keeps its first addresses for its routers. */
const FIRST_NODE = 10;
const GATEWAY = 1;

/** Plans the lab `name` of a checked lab file. */
export function planLab(name: string, file: LabFile): LabPlan {
  const { networking, flannel } = file;
  const underlay = cidrOf(file.underlay.subnet);
  const service = cidrOf(networking.serviceSubnet);
  const pods = cidrOf(networking.podSubnet);
  const netns = (host: string) => `${name}.${host}`;
  const hosts = file.hosts.map(({ name, address, names, image }) => ({
    ...{ name, netns: netns(name), ip: address, names },
    ...(image === undefined ? {} : { image }),
  }));
  const nodeIps = freeAddresses(file.underlay.subnet, new Set(hosts.map((host) => host.ip)));
  return {
    name,
    underlay: { subnet: file.underlay.subnet, prefix: underlay.prefix, mtu: file.underlay.mtu },
    fabric: { netns: netns('fabric') },
    gateway: { name: 'gateway', netns: netns('gateway'), ip: nthAddress(underlay, GATEWAY) },
    nodes: file.nodes.map((node, index) => ({
      name: node.name,
      netns: netns(node.name),
      ip: nodeIps.next().value!,
      role: node.role,
      podCIDR: formatCidr(nthSubnet(pods, flannel.SubnetLen, index)),
      labels: nodeLabels(node),
    })),
    hosts,
    podSubnet: networking.podSubnet,
    serviceSubnet: networking.serviceSubnet,
    additionalServiceCIDRs: networking.additionalServiceCIDRs,
    dnsDomain: networking.dnsDomain,
    apiServiceIp: nthAddress(service, 1),
    dnsServiceIp: nthAddress(service, 10),
    proxyMode: networking.kubeProxyMode,
    vxlan: { vni: flannel.Backend.VNI, port: flannel.Backend.Port },
    maxPods: file.kubelet.maxPods,
    nodeLeaseSeconds: file.kubelet.nodeLeaseDurationSeconds,
    nodeGraceSeconds: file.controllerManager.nodeMonitorGracePeriodSeconds,
  };
}

/** A lab file with `count` nodes: the first is the control plane, workers are `node-1`, `node-2`, … */
export function withNodeCount(file: LabFile, count: number): LabFile {
  const workers = file.nodes.filter((node) => node.role === 'worker');
  const taken = new Set([...file.nodes, ...file.hosts].map(({ name }) => name));
  const added: LabFile['nodes'] = [];
  for (let number = 1; workers.length + added.length < count - 1; number += 1) {
    if (!taken.has(`node-${number}`)) added.push({ name: `node-${number}`, role: 'worker', labels: {} });
  }
  const kept = new Set(workers.slice(0, count - 1));
  const nodes = file.nodes.filter((node) => node.role === 'control-plane' || kept.has(node));
  return { ...file, nodes: [...nodes, ...added] };
}

/** All named namespaces of the plan; pods' come and go with the pods. */
export function plannedNamespaces(plan: LabPlan): string[] {
  return [plan.fabric, plan.gateway, ...plan.nodes, ...plan.hosts].map(({ netns }) => netns);
}

function nodeLabels(node: LabFile['nodes'][number]): Record<string, string> {
  return {
    ...(node.role === 'control-plane' ? { 'node-role.kubernetes.io/control-plane': '' } : {}),
    ...(node.zone === undefined ? {} : { 'topology.kubernetes.io/zone': node.zone }),
    ...node.labels,
  };
}

/** The underlay's addresses from the first node's on, without those of hosts. The file's rules saw to it that there are enough. */
function* freeAddresses(subnet: string, taken: ReadonlySet<string>): Generator<string, never> {
  const cidr = cidrOf(subnet);
  for (let index = FIRST_NODE; ; index += 1) {
    const address = nthAddress(cidr, index);
    if (!taken.has(address)) yield address;
  }
}
