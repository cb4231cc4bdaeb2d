/** What the networks of a lab file must hold together: families, overlaps, sizes, addresses of hosts. Pure. */
import { type Cidr, cidrContains, cidrOf, cidrSize, cidrsOverlap, networkAddress, nthAddress } from '../net/cidr.ts';
import { bitsOf, formatIp, type IpFamily, parseIp } from '../net/ip.ts';
import { familiesOf, hostAddress, listOf } from './lab-families.ts';
import type { LabFile } from './lab-file-schema.ts';
import type { FileIssue } from './yaml-file.ts';

type Path = readonly (string | number)[];

interface Block {
  readonly path: Path;
  readonly what: string;
  readonly text: string;
  readonly cidr: Cidr;
}

const POD_SUBNET: Path = ['networking', 'podSubnet'];
const SERVICE_SUBNET: Path = ['networking', 'serviceSubnet'];
const UNDERLAY: Path = ['underlay', 'subnet'];
/** kube-apiserver's limit: Service ranges of at most 20 bits. */
const LARGEST_SERVICE_BITS = 20;
/** The tenth address is the DNS's. */
const SMALLEST_SERVICE_BITS = 4;
/** The first node is the tenth host of the underlay. */
const BEFORE_NODES = 11;

/** Every rule about addresses that the file breaks. What rests on the families waits until they are right. */
export function checkAddresses(file: LabFile): FileIssue[] {
  const families = checkFamilies(file);
  if (families.length > 0) return families;
  return [...checkOverlaps(file), ...checkSizes(file), ...checkHosts(file), ...checkFlannelNetworks(file)];
}

/** The three networks have a block of each family of the lab, in the same order. */
function checkFamilies(file: LabFile): FileIssue[] {
  const { networking, underlay } = file;
  const word = networking.ipFamily;
  const wanted = familiesOf(word);
  const networks: [Path, string][] = [
    [POD_SUBNET, networking.podSubnet],
    [SERVICE_SUBNET, networking.serviceSubnet],
    [UNDERLAY, underlay.subnet],
  ];
  const issues: FileIssue[] = [];
  let primary: IpFamily | undefined;
  for (const [path, text] of networks) {
    const families = familiesIn(text);
    if (families.length !== wanted.length || !wanted.every((family) => families.includes(family)))
      issues.push({ path, message: wrongFamilies(text, word) });
    else if (primary !== undefined && families[0] !== primary) {
      const message = `begins with IPv${families[0]}, and networking.podSubnet with IPv${primary}: the first family is the cluster’s primary one, in every network`;
      issues.push({ path, message });
    }
    primary ??= families[0];
  }
  for (const [index, text] of networking.additionalServiceCIDRs.entries()) {
    const [family = 4] = familiesIn(text);
    if (wanted.includes(family)) continue;
    const message = `${text} is IPv${family}, and networking.ipFamily is ${word}: no Service could have an address of it`;
    issues.push({ path: ['networking', 'additionalServiceCIDRs', index], message });
  }
  for (const [index, text] of file.loadBalancer.addresses.entries()) {
    if (familiesIn(text)[0] === 4) continue;
    issues.push({
      path: ['loadBalancer', 'addresses', index],
      message: `${text} is IPv6, and the load balancer serves IPv4`,
    });
  }
  return issues;
}

function familiesIn(text: string): IpFamily[] {
  return listOf(text).flatMap((part) => parseIp(part.split('/')[0]!)?.family ?? []);
}

function wrongFamilies(text: string, word: LabFile['networking']['ipFamily']): string {
  const needs = {
    ipv4: 'one IPv4 block',
    ipv6: 'one IPv6 block',
    dual: 'an IPv4 and an IPv6 block, separated by a comma',
  }[word];
  return `must be ${needs}, since networking.ipFamily is ${word}; it is ${text}`;
}

function blocksOf(file: LabFile): Block[] {
  const { networking, underlay, loadBalancer } = file;
  const blocks = (path: Path, what: string, text: string) =>
    listOf(text).map((block) => ({ path, what, text: block, cidr: cidrOf(block) }));
  return [
    ...blocks(UNDERLAY, 'the underlay', underlay.subnet),
    ...blocks(POD_SUBNET, 'the pod network', networking.podSubnet),
    ...blocks(SERVICE_SUBNET, 'the Service network', networking.serviceSubnet),
    ...networking.additionalServiceCIDRs.flatMap((text, index) =>
      blocks(['networking', 'additionalServiceCIDRs', index], 'a further Service network', text),
    ),
    ...loadBalancer.addresses.flatMap((text, index) =>
      blocks(['loadBalancer', 'addresses', index], 'addresses of the load balancer', text),
    ),
  ];
}

/** The networks of a cluster must not share an address: a packet's destination has to say which one it is of. */
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
  const { networking, nodes } = file;
  for (const { prefix, family } of listOf(networking.serviceSubnet).map(cidrOf)) {
    const [largest, smallest] = [bitsOf(family) - LARGEST_SERVICE_BITS, bitsOf(family) - SMALLEST_SERVICE_BITS];
    if (prefix >= largest && prefix <= smallest) continue;
    const message = `must be between a /${largest} and a /${smallest} (the API takes its first address, the DNS its tenth), not a /${prefix}`;
    issues.push({ path: SERVICE_SUBNET, message });
  }
  for (const { prefix, family } of listOf(networking.podSubnet).map(cidrOf)) {
    const length = subnetLength(file, family);
    const blocks = length < prefix ? 0n : 1n << BigInt(length - prefix);
    if (blocks >= BigInt(nodes.length)) continue;
    const message = `has room for ${blocks} blocks of /${length}, one a node, and there are ${nodes.length} nodes`;
    issues.push({ path: POD_SUBNET, message });
  }
  for (const underlay of listOf(file.underlay.subnet).map(cidrOf)) {
    const hosts = BEFORE_NODES + nodes.length + file.hosts.length;
    if (cidrSize(underlay) >= BigInt(hosts) && hostAddress(underlay, hosts) !== undefined) continue;
    const message = `has too few addresses for ${nodes.length} nodes (from its tenth on) and ${file.hosts.length} hosts`;
    issues.push({ path: UNDERLAY, message });
  }
  return issues;
}

/** The prefix of each node's block of the pod network. */
export function subnetLength({ flannel }: Pick<LabFile, 'flannel'>, family: IpFamily): number {
  return family === 4 ? flannel.SubnetLen : flannel.IPv6SubnetLen;
}

function checkHosts(file: LabFile): FileIssue[] {
  const subnets = listOf(file.underlay.subnet).map(cidrOf);
  const reserved = new Map<string, string>(
    subnets.flatMap((subnet) => [
      [networkAddress(subnet), 'the network address'] as const,
      [nthAddress(subnet, 1), 'the gateway’s address'] as const,
      ...(file.loadBalancer.addresses.length > 0
        ? [[nthAddress(subnet, 2), 'the load balancer’s address'] as const]
        : []),
      ...(subnet.family === 4 ? [[nthAddress(subnet, -1), 'the broadcast address'] as const] : []),
    ]),
  );
  return file.hosts.flatMap(({ name, address: text }, index) => {
    const path = ['hosts', index, 'address'];
    const addresses = listOf(text).flatMap((part) => parseIp(part) ?? []);
    for (const ip of addresses) {
      const address = formatIp(ip);
      if (!subnets.some((subnet) => cidrContains(subnet, ip)))
        return [{ path, message: `${address} is not on the underlay ${file.underlay.subnet}` }];
      const taken = reserved.get(address);
      if (taken !== undefined) return [{ path, message: `${address} is ${taken}` }];
      reserved.set(address, `the address of ${name}`);
    }
    if (addresses.length === subnets.length) return [];
    return [{ path, message: `${text} has no address of ${missing(subnets, addresses)}, which the underlay has` }];
  });
}

function missing(subnets: readonly Cidr[], addresses: readonly { readonly family: IpFamily }[]): string {
  const absent = subnets.filter(({ family }) => !addresses.some((address) => address.family === family));
  return absent.map(({ family }) => `IPv${family}`).join(' and ');
}

/** flannel’s own words for the pod network, where they are given. */
function checkFlannelNetworks({ flannel, networking }: LabFile): FileIssue[] {
  const block = (family: IpFamily) => listOf(networking.podSubnet).find((text) => cidrOf(text).family === family);
  return (
    [
      ['Network', 4],
      ['IPv6Network', 6],
    ] as const
  ).flatMap(([word, family]) => {
    const given = flannel[word];
    if (given === undefined || given === block(family)) return [];
    const message = `${given} is not networking.podSubnet (${networking.podSubnet}): flannel would route other addresses than the pods have`;
    return [{ path: ['flannel', word], message }];
  });
}
