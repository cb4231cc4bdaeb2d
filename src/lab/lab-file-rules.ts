/** What a lab file must hold as a whole: rules over several fields, each with the reason. Pure. */
import { type Cidr, cidrContains, cidrOf, cidrSize, cidrsOverlap, networkAddress, nthAddress } from '../net/cidr.ts';
import { parseIp } from '../net/ip.ts';
import { resolveImage } from '../node/standins/images.ts';
import type { LabFile } from './lab-file-schema.ts';
import type { FileIssue } from './yaml-file.ts';

interface Block {
  readonly path: readonly (string | number)[];
  readonly what: string;
  readonly text: string;
  readonly cidr: Cidr;
}

/** Every rule the file breaks, in the order of the file. */
export function checkLabFile(file: LabFile): FileIssue[] {
  return [
    ...checkNodes(file),
    ...checkOverlaps(file),
    ...checkSizes(file),
    ...checkHosts(file),
    ...checkFlannel(file),
    ...checkHeartbeats(file),
  ];
}

function checkNodes(file: LabFile): FileIssue[] {
  const issues: FileIssue[] = [];
  const planes = file.nodes.filter((node) => node.role === 'control-plane').length;
  if (planes !== 1)
    issues.push({ path: ['nodes'], message: `must hold exactly one node with role control-plane, not ${planes}` });
  const seen = new Map<string, string>();
  const named = [
    ...file.nodes.map((node, index) => ({
      name: node.name,
      place: `nodes[${index}].name`,
      path: ['nodes', index, 'name'],
    })),
    ...file.hosts.map((host, index) => ({
      name: host.name,
      place: `hosts[${index}].name`,
      path: ['hosts', index, 'name'],
    })),
  ];
  for (const { name, place, path } of named) {
    const first = seen.get(name);
    if (first !== undefined)
      issues.push({ path, message: `"${name}" is taken by ${first}: nodes and hosts share one set of names` });
    else seen.set(name, place);
  }
  return issues;
}

function blocksOf(file: LabFile): Block[] {
  const { networking, underlay } = file;
  const block = (path: (string | number)[], what: string, text: string) => ({ path, what, text, cidr: cidrOf(text) });
  return [
    block(['underlay', 'subnet'], 'the underlay', underlay.subnet),
    block(['networking', 'podSubnet'], 'the pod network', networking.podSubnet),
    block(['networking', 'serviceSubnet'], 'the Service network', networking.serviceSubnet),
    ...networking.additionalServiceCIDRs.map((text, index) =>
      block(['networking', 'additionalServiceCIDRs', index], 'a further Service network', text),
    ),
  ];
}

/** The three networks of a cluster must not share an address: a packet's destination has to say which one it is of. */
function checkOverlaps(file: LabFile): FileIssue[] {
  const blocks = blocksOf(file);
  return blocks.flatMap((later, index) =>
    blocks
      .slice(0, index)
      .filter((earlier) => cidrsOverlap(earlier.cidr, later.cidr))
      .map((earlier) => ({
        path: later.path,
        message:
          `${later.text} (${later.what}) overlaps ${earlier.text} (${earlier.what}): ` +
          'an address in both could be a node, a pod or a Service, and only one of them would be reached',
      })),
  );
}

function checkSizes(file: LabFile): FileIssue[] {
  const issues: FileIssue[] = [];
  const { networking, flannel, nodes } = file;
  const service = cidrOf(networking.serviceSubnet);
  if (service.prefix < 12 || service.prefix > 28)
    issues.push({
      path: ['networking', 'serviceSubnet'],
      message: `must be between a /12 and a /28 (the API takes its first address, the DNS its tenth), not a /${service.prefix}`,
    });
  const pods = cidrOf(networking.podSubnet);
  const blocks = flannel.SubnetLen < pods.prefix ? 0n : 1n << BigInt(flannel.SubnetLen - pods.prefix);
  if (blocks < BigInt(nodes.length))
    issues.push({
      path: ['networking', 'podSubnet'],
      message: `has room for ${blocks} blocks of /${flannel.SubnetLen}, one a node, and there are ${nodes.length} nodes`,
    });
  const underlay = cidrOf(file.underlay.subnet);
  if (cidrSize(underlay) < BigInt(11 + nodes.length + file.hosts.length))
    issues.push({
      path: ['underlay', 'subnet'],
      message: `has too few addresses for ${nodes.length} nodes (from its tenth on) and ${file.hosts.length} hosts`,
    });
  return issues;
}

function checkHosts(file: LabFile): FileIssue[] {
  const subnet = cidrOf(file.underlay.subnet);
  const reserved = new Map([
    [networkAddress(subnet), 'the network address'],
    [nthAddress(subnet, 1), 'the gateway’s address'],
    [nthAddress(subnet, -1), 'the broadcast address'],
  ]);
  return file.hosts.flatMap((host, index) => {
    const path = ['hosts', index, 'address'];
    const ip = parseIp(host.address);
    if (ip === undefined || !cidrContains(subnet, ip))
      return [{ path, message: `${host.address} is not on the underlay ${file.underlay.subnet}` }];
    const taken = reserved.get(host.address);
    if (taken !== undefined) return [{ path, message: `${host.address} is ${taken}` }];
    reserved.set(host.address, `the address of ${host.name}`);
    if (host.image === undefined || 'standIn' in resolveImage(host.image).behaviour) return [];
    const message = `${host.image} has no server that could stand in for it (docs/images.md lists those that have)`;
    return [{ path: ['hosts', index, 'image'], message }];
  });
}

function checkFlannel(file: LabFile): FileIssue[] {
  const { Network } = file.flannel;
  if (Network === undefined || Network === file.networking.podSubnet) return [];
  return [
    {
      path: ['flannel', 'Network'],
      message: `${Network} is not networking.podSubnet (${file.networking.podSubnet}): flannel would route other addresses than the pods have`,
    },
  ];
}

function checkHeartbeats({ kubelet, controllerManager }: LabFile): FileIssue[] {
  const { nodeLeaseDurationSeconds: lease } = kubelet;
  if (controllerManager.nodeMonitorGracePeriodSeconds > lease) return [];
  return [
    {
      path: ['controllerManager', 'nodeMonitorGracePeriodSeconds'],
      message: `must be longer than kubelet.nodeLeaseDurationSeconds (${lease}): a node in good health would be written off between two heartbeats`,
    },
  ];
}
