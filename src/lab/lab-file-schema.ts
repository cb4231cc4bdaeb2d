/**
 * The words of a lab file, once, for the loader and for the published JSON Schema. kind's words where kind has them
 * (`nodes`, `networking`), flannel's own for its backend, KubeletConfiguration's for the kubelets, and `hosts` for what else hangs on the underlay. Only what
 * works is a word here: an option that comes later is unknown until then. What needs several fields at once
 * (overlaps, sizes) is checked by `lab-file-rules.ts`.
 */
import { z } from 'zod';
import { cidrContains, cidrOf, formatCidr, parseCidr } from '../net/cidr.ts';
import { isIp } from '../net/ip.ts';
import { OFFERED_PROXY_MODES } from '../objects/proxy-mode.ts';

const LABEL = /^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$/;
const LABEL_KEY = /^([a-z0-9]([-a-z0-9.]{0,251}[a-z0-9])?\/)?[A-Za-z0-9]([-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?$/;
const LABEL_VALUE = /^([A-Za-z0-9]([-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?)?$/;
const DNS_NAME = /^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$/;
/** Loopback, and multicast with all behind it: addresses that cannot be routed between nodes. */
const UNUSABLE = ['127.0.0.0/8', '224.0.0.0/3', '0.0.0.0/8'].map(cidrOf);

const name = z
  .string()
  .regex(LABEL, 'must be a lower-case RFC 1123 label: letters, digits and "-", at most 63')
  .refine(
    (value) => value !== 'fabric' && value !== 'gateway',
    'is taken: every lab has its own "fabric" and "gateway"',
  );

const cidr = z
  .string()
  .superRefine((value, context) => {
    const block = parseCidr(value);
    if (block === undefined || block.family !== 4) {
      context.addIssue({ code: 'custom', message: 'must be an IPv4 address block such as 10.244.0.0/16' });
    } else if (formatCidr(block) !== value) {
      context.addIssue({ code: 'custom', message: `has bits behind its prefix; the block is ${formatCidr(block)}` });
    } else if (UNUSABLE.some((range) => cidrContains(range, { family: 4, value: block.base }))) {
      context.addIssue({ code: 'custom', message: 'lies in a range that is never routed' });
    }
  })
  .meta({ examples: ['10.244.0.0/16'] });

const address = z.string().refine((value) => isIp(value, 4), 'must be an IPv4 address such as 192.168.1.100');

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
  podSubnet: cidr.default('10.244.0.0/16').describe('Pods of all nodes; each node gets a block of it.'),
  serviceSubnet: cidr.default('10.96.0.0/12').describe('ClusterIPs; at most a /12, as kube-apiserver has it.'),
  additionalServiceCIDRs: z.array(cidr).default([]).describe('Further ServiceCIDR objects made at the start.'),
  ipFamily: z.literal('ipv4').default('ipv4').describe('Address family of pods and Services.'),
  kubeProxyMode: z.enum(OFFERED_PROXY_MODES).default('iptables').describe('Backend of kube-proxy.'),
  dnsDomain: z
    .string()
    .regex(DNS_NAME, 'must be a domain name such as cluster.local')
    .default('cluster.local')
    .describe('Domain of the cluster DNS.'),
});

const flannel = z.strictObject({
  Network: cidr.optional().describe('flannel’s word for the pod network; when given it must equal podSubnet.'),
  SubnetLen: z.int().min(16).max(28).default(24).describe('Prefix length of each node’s block of the pod network.'),
  Backend: z
    .strictObject({
      Type: z.literal('vxlan').default('vxlan').describe('How pods of other nodes are reached.'),
      VNI: z.int().min(1).max(16_777_215).default(1).describe('VXLAN network identifier.'),
      Port: z.int().min(1).max(65_535).default(8472).describe('UDP port of VXLAN.'),
    })
    .prefault({}),
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
  subnet: cidr.default('192.168.1.0/24').describe('Addresses of nodes and hosts; the first is the gateway’s.'),
  mtu: z.int().min(576).max(65_535).default(1500).describe('MTU of every link of the underlay.'),
});

const domainName = z
  .string()
  .max(253)
  .regex(DNS_NAME, 'must be a domain name such as my.database.domain.com')
  .refine((value) => value.includes('.'), 'must have a dot: a single word is a name of the search path');

const host = z.strictObject({
  name: name.describe('Name of the host; its network namespace is LAB.NAME.'),
  address: address.describe('Its address on the underlay.'),
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
    kubelet: kubelet.prefault({}),
    controllerManager: controllerManager.prefault({}),
    underlay: underlay.prefault({}),
    dns: z
      .enum(['podwire', 'coredns'])
      .default('podwire')
      .describe('The server in the cluster’s DNS pods: podwire’s own, or the CoreDNS found on PATH.'),
    hosts: z
      .array(host)
      .default([{ name: 'client', address: '192.168.1.100', names: [] }])
      .describe('Machines on the underlay that are no nodes, behind the same gateway.'),
  })
  .describe('A podwire lab: the nodes, networks and outside hosts that `podwire up` builds.');

/** A lab file with every default filled in. */
export type LabFile = z.output<typeof LAB_FILE_SCHEMA>;
