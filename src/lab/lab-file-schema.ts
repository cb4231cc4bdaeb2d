/**
 * The words of a lab file, once, for the loader and for the published JSON Schema. kind's words where kind has them
 * (`nodes`, `networking`), flannel's own for its backend, KubeletConfiguration's for the kubelets,
 * KubeProxyConfiguration's for the kube-proxies, and `hosts` for what else hangs on the underlay. Only what
 * works is a word here: an option that comes later is unknown until then. What needs several fields at once
 * (overlaps, sizes) is checked by `lab-file-rules.ts`.
 */
import { z } from 'zod';
import { cidrContains, cidrOf, formatCidr, parseCidr } from '../net/cidr.ts';
import { isIp, parseIp } from '../net/ip.ts';
import { PROXY_MODES } from '../objects/proxy-mode.ts';
import { LAB_OPTION_FIELDS } from './proxy-config/schema.ts';

const LABEL = /^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$/;
const LABEL_KEY = /^([a-z0-9]([-a-z0-9.]{0,251}[a-z0-9])?\/)?[A-Za-z0-9]([-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?$/;
const LABEL_VALUE = /^([A-Za-z0-9]([-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?)?$/;
const DNS_NAME = /^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$/;
/** Loopback, link-local, and multicast with all behind it: addresses that cannot be routed between nodes. */
const UNUSABLE = ['127.0.0.0/8', '224.0.0.0/3', '0.0.0.0/8', '::/8', 'fe80::/10', 'ff00::/8'].map(cidrOf);

const name = z
  .string()
  .regex(LABEL, 'must be a lower-case RFC 1123 label: letters, digits and "-", at most 63')
  .refine(
    (value) => !['fabric', 'gateway', 'cloud'].includes(value),
    'is taken: every lab has its own "fabric", "gateway" and "cloud"',
  );

const cidr = z
  .string()
  .superRefine((value, context) => {
    const message = whyNoBlock(value);
    if (message !== undefined) context.addIssue({ code: 'custom', message });
  })
  .meta({ examples: ['10.244.0.0/16'] });

/** kind's form: one block, or one of each family with a comma between them. */
const cidrs = z
  .string()
  .superRefine((value, context) => {
    const message = whyNoList(value.split(','), whyNoBlock, (text) => parseCidr(text)?.family, 'blocks');
    if (message !== undefined) context.addIssue({ code: 'custom', message });
  })
  .meta({ examples: ['10.244.0.0/16', '10.244.0.0/16,fd00:10:244::/56'] });

const addresses = z
  .string()
  .superRefine((value, context) => {
    const message = whyNoList(value.split(','), whyNoAddress, (text) => parseIp(text)?.family, 'addresses');
    if (message !== undefined) context.addIssue({ code: 'custom', message });
  })
  .meta({ examples: ['192.168.1.100', '192.168.1.100,fd00:192:168:1::100'] });

function whyNoBlock(text: string): string | undefined {
  const block = parseCidr(text);
  if (block === undefined) return 'must be an address block such as 10.244.0.0/16';
  const base = { family: block.family, value: block.base };
  if (formatCidr(block) !== text)
    return parseIp(text.split('/')[0]!)?.value === base.value
      ? `is written ${formatCidr(block)}`
      : `has bits behind its prefix; the block is ${formatCidr(block)}`;
  return UNUSABLE.some((range) => cidrContains(range, base)) ? 'lies in a range that is never routed' : undefined;
}

function whyNoAddress(text: string): string | undefined {
  return isIp(text) ? undefined : 'must be an IP address such as 192.168.1.100';
}

function whyNoList(
  parts: readonly string[],
  whyNot: (text: string) => string | undefined,
  familyOf: (text: string) => number | undefined,
  what: string,
): string | undefined {
  for (const part of parts) {
    const message = whyNot(part);
    if (message !== undefined) return parts.length === 1 ? message : `${JSON.stringify(part)}: ${message}`;
  }
  const families = parts.map(familyOf);
  if (new Set(families).size === families.length) return undefined;
  return `names ${families.length} ${what}, and not each of a family of its own`;
}

const node = z.strictObject({
  name: name.describe('Name of the node; its network namespace is LAB.NAME.'),
  role: z
    .enum(['control-plane', 'worker'])
    .default('worker')
    .describe('Exactly one node is the control plane; workers run the pods.'),
  labels: z
    .record(
      z.string().regex(LABEL_KEY, 'must be a label key as Kubernetes has them'),
      z.string().regex(LABEL_VALUE, 'must be a label value as Kubernetes has them'),
    )
    .default({})
    .describe('Labels of the Node object.'),
  zone: name.optional().describe('Value of its label topology.kubernetes.io/zone.'),
});

const networking = z.strictObject({
  podSubnet: cidrs
    .optional()
    .describe('Pods of all nodes; each node gets a block of it. Default: 10.244.0.0/16, and in IPv6 fd00:10:244::/56.'),
  serviceSubnet: cidrs
    .optional()
    .describe(
      'ClusterIPs; at most a /12 (IPv6: /108), as kube-apiserver has it. Default: 10.96.0.0/12, fd00:10:96::/112.',
    ),
  additionalServiceCIDRs: z.array(cidr).default([]).describe('Further ServiceCIDR objects made at the start.'),
  ipFamily: z
    .enum(['ipv4', 'ipv6', 'dual'])
    .default('ipv4')
    .describe('Address families of nodes, pods and Services; the first block of a network is of the primary one.'),
  kubeProxyMode: z.enum(PROXY_MODES).default('iptables').describe('Backend of kube-proxy.'),
  dnsDomain: z
    .string()
    .regex(DNS_NAME, 'must be a domain name such as cluster.local')
    .default('cluster.local')
    .describe('Domain of the cluster DNS.'),
});

const flannel = z.strictObject({
  Network: cidr
    .optional()
    .describe('flannel’s word for the pod network; when given it must equal podSubnet’s IPv4 block.'),
  IPv6Network: cidr.optional().describe('The same of its IPv6 block.'),
  SubnetLen: z.int().min(16).max(28).default(24).describe('Prefix length of each node’s block of the pod network.'),
  IPv6SubnetLen: z.int().min(48).max(120).default(64).describe('The same of its IPv6 block.'),
  Backend: z
    .strictObject({
      Type: z.literal('vxlan').default('vxlan').describe('How pods of other nodes are reached.'),
      VNI: z.int().min(1).max(16_777_215).default(1).describe('VXLAN network identifier.'),
      Port: z.int().min(1).max(65_535).default(8472).describe('UDP port of VXLAN.'),
    })
    .prefault({}),
});

const kubeProxy = z.strictObject({
  strictProxyMode: z
    .boolean()
    .default(false)
    .describe('Where the kernel cannot do the mode: end with kube-proxy’s error instead of falling back to iptables.'),
  ...LAB_OPTION_FIELDS,
});

const kubelet = z.strictObject({
  maxPods: z.int().min(1).max(5_000).default(110).describe('Pods a node takes; its block needs an address for each.'),
  nodeLeaseDurationSeconds: z
    .int()
    .min(1)
    .max(3_600)
    .default(40)
    .describe('Life of a node’s Lease; the kubelet renews it four times as often.'),
});

const controllerManager = z.strictObject({
  nodeMonitorGracePeriodSeconds: z
    .int()
    .min(2)
    .max(86_400)
    .default(50)
    .describe('Silence of a node after which its Ready is Unknown and its pods leave the endpoints.'),
});

const underlay = z.strictObject({
  subnet: cidrs
    .optional()
    .describe(
      'Addresses of nodes and hosts; the first is the gateway’s. Default: 192.168.1.0/24, and in IPv6 fd00:192:168:1::/64.',
    ),
  mtu: z.int().min(576).max(65_535).default(1500).describe('MTU of every link of the underlay.'),
});

const domainName = z
  .string()
  .max(253)
  .regex(DNS_NAME, 'must be a domain name such as my.database.domain.com')
  .refine((value) => value.includes('.'), 'must have a dot: a single word is a name of the search path');

const host = z.strictObject({
  name: name.describe('Name of the host; its network namespace is LAB.NAME.'),
  address: addresses.describe(
    'Its address on the underlay. With both families, an IPv4 address alone brings its number in IPv6 along.',
  ),
  names: z
    .array(domainName)
    .default([])
    .describe('Its names outside the cluster, which the gateway’s resolver answers with its address.'),
  image: z
    .string()
    .min(1)
    .optional()
    .describe('What serves there: the stand-in of that image (mysql answers on 3306); nothing when absent.'),
});

const loadBalancer = z.strictObject({
  addresses: z
    .array(cidr)
    .default(['203.0.113.0/24'])
    .describe('Addresses for Services of type LoadBalancer, of networks of their own; none: such Services wait.'),
});

export const LAB_FILE_SCHEMA = z
  .strictObject({
    apiVersion: z.literal('podwire.dev/v1alpha1'),
    kind: z.literal('Lab'),
    nodes: z
      .array(node)
      .min(1)
      .default([
        { name: 'control-plane', role: 'control-plane', labels: {} },
        { name: 'node-1', role: 'worker', labels: {} },
        { name: 'node-2', role: 'worker', labels: {} },
      ])
      .describe('The nodes, in the order of their addresses and pod blocks.'),
    networking: networking.prefault({}),
    flannel: flannel.prefault({}),
    kubeProxy: kubeProxy.prefault({}),
    kubelet: kubelet.prefault({}),
    controllerManager: controllerManager.prefault({}),
    underlay: underlay.prefault({}),
    dns: z
      .enum(['podwire', 'coredns'])
      .default('podwire')
      .describe('The server in the cluster’s DNS pods: podwire’s own, or the CoreDNS found on PATH.'),
    ingress: z
      .enum(['haproxy', 'none'])
      .default('haproxy')
      .describe('The Ingress controller, installed with the first Ingress; none: Ingresses are somebody else’s.'),
    loadBalancer: loadBalancer.prefault({}),
    hosts: z
      .array(host)
      .optional()
      .describe(
        'Machines on the underlay that are no nodes, behind the same gateway. Default: client, at 192.168.1.100 (fd00:192:168:1::100).',
      ),
  })
  .describe('A podwire lab: the nodes, networks and outside hosts that `podwire up` builds.');

/** A lab file as the schema leaves it: what depends on the families may be absent. */
export type LabFileInput = z.output<typeof LAB_FILE_SCHEMA>;

/** A lab file with every default filled in. */
export type LabFile = LabFileInput & {
  readonly networking: { readonly podSubnet: string; readonly serviceSubnet: string };
  readonly underlay: { readonly subnet: string };
  readonly hosts: NonNullable<LabFileInput['hosts']>;
};
