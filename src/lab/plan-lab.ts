/**
 * The plan of a lab: every name, address and block, from the lab file alone. Pure; what `up` writes down first and what
 * every later command of the same lab goes by.
 */
import { cidrOf, formatCidr, nthAddress, nthSubnet } from '../net/cidr.ts';
import { familyOf } from '../net/ip.ts';
import type { ProxyMode } from '../objects/proxy-mode.ts';
import type { ProxyConfig } from '../proxy/proxy-config.ts';
import { subnetLength } from './lab-address-rules.ts';
import { hostAddress, listOf } from './lab-families.ts';
import type { LabFile } from './lab-file-schema.ts';
import type { LabKernel } from './lab-kernel.ts';
import { normalised } from './proxy-config/normalise.ts';

export interface LabPlan {
  readonly name: string;
  readonly kernel: LabKernel;
  /** The API server is elsewhere: the lab has nodes alone. */
  readonly remote?: RemoteApi;
  /** Blocks and addresses are one per family, the cluster's primary family first; here and in all that follows. */
  readonly underlay: { readonly subnets: readonly string[]; readonly mtu: number };
  readonly fabric: { readonly netns: string };
  /** The nodes' and hosts' default route. */
  readonly gateway: HostPlan;
  readonly nodes: readonly NodePlan[];
  /** The load balancer's host among them. */
  readonly hosts: readonly OutsideHostPlan[];
  /** What stands for the cloud: a host of its own, and the blocks it gives Services addresses from. Absent: none. */
  readonly loadBalancer?: { readonly host: HostPlan; readonly addresses: readonly string[] };
  readonly podSubnets: readonly string[];
  readonly serviceSubnets: readonly string[];
  readonly additionalServiceCIDRs: readonly string[];
  readonly dnsDomain: string;
  /** ClusterIP of `kubernetes.default`: the first address of the Service range. */
  readonly apiServiceIp: string;
  /** ClusterIP of `kube-dns.kube-system`: the tenth. */
  readonly dnsServiceIp: string;
  /** Absolute path of the CoreDNS that serves the cluster's names; absent: podwire's own server does. */
  readonly coreDns?: string;
  /** Whether there is an Ingress controller for those who want one. */
  readonly ingress: 'haproxy' | 'none';
  readonly proxyMode: ProxyMode;
  /** No fall-back where the kernel cannot do the mode. */
  readonly strictProxyMode: boolean;
  /** kube-proxy's options. */
  readonly proxyConfig: ProxyConfig;
  readonly vxlan: { readonly vni: number; readonly port: number };
  /** Pods each node takes. */
  readonly maxPods: number;
  /** Seconds a node's Lease lives, and those of silence after which the node is written off. */
  readonly nodeLeaseSeconds: number;
  readonly nodeGraceSeconds: number;
}

export interface RemoteApi {
  /** As its kubeconfig names it: `https://192.0.2.1:6443`. */
  readonly server: string;
  /** Where `default/kubernetes` leads: the addresses pods reach it at. */
  readonly endpoints: readonly { readonly ip: string; readonly port: number }[];
  /** The lab also runs the scheduler, the controllers and the cluster DNS. */
  readonly controlPlane: boolean;
}

export interface HostPlan {
  readonly name: string;
  readonly netns: string;
  /** The primary one of `ips`. */
  readonly ip: string;
  readonly ips: readonly string[];
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
  readonly podCIDRs: readonly string[];
  /** The lab file's labels, the zone's and the role's among them. */
  readonly labels: Readonly<Record<string, string>>;
}

/** Nodes' addresses start this far into the underlay, as a site keeps its first addresses for its routers. */
const FIRST_NODE = 10;
const GATEWAY = 1;
const CLOUD = 2;

/** Plans the lab `name` of a checked lab file. */
export function planLab(name: string, file: LabFile): LabPlan {
  const { networking, flannel } = file;
  const underlays = listOf(file.underlay.subnet);
  const pods = listOf(networking.podSubnet).map(cidrOf);
  const services = listOf(networking.serviceSubnet);
  const [service] = services.map(cidrOf);
  const host = (of: { name: string }, ips: readonly string[]): HostPlan => ({
    name: of.name,
    netns: `${name}.${of.name}`,
    ip: ips[0]!,
    ips,
  });
  const outside = file.hosts.map((each) => ({
    ...host(each, inOrder(underlays, listOf(each.address))),
    names: each.names,
    ...(each.image === undefined ? {} : { image: each.image }),
  }));
  const { addresses } = file.loadBalancer;
  const cloud = { ...host({ name: 'cloud' }, addressesOf(underlays, CLOUD)), names: [] };
  // It balances IPv4.
  const isBalanced = addresses.length > 0 && underlays.some((subnet) => familyOf(subnet) === 4);
  const hosts = isBalanced ? [...outside, cloud] : outside;
  const nodeIps = freeAddresses(underlays, new Set(hosts.flatMap(({ ips }) => ips)));
  return {
    name,
    kernel: 'host',
    underlay: { subnets: underlays, mtu: file.underlay.mtu },
    fabric: { netns: `${name}.fabric` },
    gateway: host({ name: 'gateway' }, addressesOf(underlays, GATEWAY)),
    nodes: file.nodes.map((node, index) => ({
      ...host(node, nodeIps.next().value),
      role: node.role,
      podCIDRs: pods.map((block) => formatCidr(nthSubnet(block, subnetLength(file, block.family), index))),
      labels: nodeLabels(node, file.nodes.length),
    })),
    hosts,
    ...(isBalanced ? { loadBalancer: { host: cloud, addresses } } : {}),
    podSubnets: pods.map(formatCidr),
    serviceSubnets: services,
    additionalServiceCIDRs: networking.additionalServiceCIDRs,
    dnsDomain: networking.dnsDomain,
    apiServiceIp: nthAddress(service!, 1),
    dnsServiceIp: nthAddress(service!, 10),
    ingress: file.ingress,
    proxyMode: networking.kubeProxyMode,
    strictProxyMode: file.kubeProxy.strictProxyMode,
    proxyConfig: normalised(file.kubeProxy),
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

/** Whether nodes, pods and hosts have IPv6 addresses. */
export function hasIpv6({ underlay }: LabPlan): boolean {
  return underlay.subnets.some((subnet) => familyOf(subnet) === 6);
}

/** All named namespaces of the plan; pods' come and go with the pods. */
export function plannedNamespaces(plan: LabPlan): string[] {
  return [plan.fabric, plan.gateway, ...plan.nodes, ...plan.hosts].map(({ netns }) => netns);
}

function nodeLabels(node: LabFile['nodes'][number], nodes: number): Record<string, string> {
  const isPlane = node.role === 'control-plane';
  return {
    ...(isPlane ? { 'node-role.kubernetes.io/control-plane': '' } : {}),
    // As kubeadm does; where there is no other node, kind takes it off again.
    ...(isPlane && nodes > 1 ? { 'node.kubernetes.io/exclude-from-external-load-balancers': '' } : {}),
    ...(node.zone === undefined ? {} : { 'topology.kubernetes.io/zone': node.zone }),
    ...node.labels,
  };
}

/**
 * Addresses of host numbers from the first node's on, one per family, without those taken. The file's rules see to it that
 * there are enough for its own nodes; a RangeError says that there are no more.
 */
export function* freeAddresses(underlays: readonly string[], taken: ReadonlySet<string>): Generator<string[], never> {
  for (let number = FIRST_NODE; ; number += 1) {
    const addresses = addressesOf(underlays, number);
    if (!addresses.some((address) => taken.has(address))) yield addresses;
  }
}

function addressesOf(underlays: readonly string[], number: number): string[] {
  return underlays.map((subnet) => {
    const address = hostAddress(cidrOf(subnet), number);
    if (address === undefined) throw new RangeError(`${subnet} has no host number ${number}`);
    return address;
  });
}

/** A host's addresses in the order of the families. */
function inOrder(underlays: readonly string[], addresses: readonly string[]): string[] {
  return underlays.flatMap((subnet) => addresses.filter((address) => familyOf(address) === familyOf(subnet)));
}
