/**
 * What `networking.ipFamily` means for a lab file: the blocks that stand where the file is silent (kind's for pods and
 * Services), and the addresses of hosts that it names in one family alone. Pure.
 */
import { type Cidr, cidrSize, nthAddress, parseCidr } from '../net/cidr.ts';
import { formatIp, type IpFamily, parseIp } from '../net/ip.ts';
import type { LabFile, LabFileInput } from './lab-file-schema.ts';

interface Blocks {
  readonly podSubnet: string;
  readonly serviceSubnet: string;
  readonly underlay: string;
}

const IPV4: Blocks = { podSubnet: '10.244.0.0/16', serviceSubnet: '10.96.0.0/12', underlay: '192.168.1.0/24' };
/** Unique local addresses (RFC 4193), which read like those of IPv4. */
const IPV6: Blocks = {
  podSubnet: 'fd00:10:244::/56',
  serviceSubnet: 'fd00:10:96::/112',
  underlay: 'fd00:192:168:1::/64',
};

const DEFAULTS: Readonly<Record<LabFile['networking']['ipFamily'], Blocks>> = {
  ipv4: IPV4,
  ipv6: IPV6,
  dual: {
    podSubnet: `${IPV4.podSubnet},${IPV6.podSubnet}`,
    serviceSubnet: `${IPV4.serviceSubnet},${IPV6.serviceSubnet}`,
    underlay: `${IPV4.underlay},${IPV6.underlay}`,
  },
};

/** The outside client of a lab that names no hosts: 192.168.1.100, fd00:192:168:1::100. */
const CLIENT = 100;

/** The families of an `ipFamily`, in no order: the cluster's primary is the first of its blocks. */
export function familiesOf(word: LabFile['networking']['ipFamily']): readonly IpFamily[] {
  return word === 'ipv4' ? [4] : word === 'ipv6' ? [6] : [4, 6];
}

/** The blocks or addresses of a value such as `10.244.0.0/16,fd00:10:244::/56`. */
export function listOf(text: string): string[] {
  return text.split(',');
}

/** A checked file with everything filled in that depends on its families. */
export function completeFamilies(file: LabFileInput): LabFile {
  const defaults = DEFAULTS[file.networking.ipFamily];
  const { podSubnet = defaults.podSubnet, serviceSubnet = defaults.serviceSubnet, ...networking } = file.networking;
  const { subnet = defaults.underlay, ...underlay } = file.underlay;
  const subnets = listOf(subnet).flatMap((text) => parseCidr(text) ?? []);
  const client = { name: 'client', address: listOf(defaults.underlay).map(clientAddress).join(','), names: [] };
  return {
    ...file,
    networking: { podSubnet, serviceSubnet, ...networking },
    underlay: { subnet, ...underlay },
    hosts: (file.hosts ?? [client]).map((host) => ({ ...host, address: completeAddress(host.address, subnets) })),
  };
}

function clientAddress(text: string): string {
  return hostAddress(parseCidr(text)!, CLIENT)!;
}

/** A host with an IPv4 address has, on an underlay of both families, that number in IPv6 too. */
function completeAddress(text: string, subnets: readonly Cidr[]): string {
  const [only, ...rest] = listOf(text).flatMap((address) => parseIp(address) ?? []);
  const own = subnets.find(({ family }) => family === only?.family);
  if (only?.family !== 4 || rest.length > 0 || own === undefined || subnets.length < 2) return text;
  const number = Number(only.value - own.base);
  const addresses = subnets.map((subnet) => (subnet === own ? formatIp(only) : hostAddress(subnet, number)));
  return addresses.includes(undefined) ? text : addresses.join(',');
}

/**
 * The address of host `number` on an underlay: the number as it is in IPv4, its decimal digits as hexadecimal ones in IPv6,
 * so that 192.168.1.11 and fd00:192:168:1::11 are the same host. Undefined where the block has no such address.
 */
export function hostAddress(subnet: Cidr, number: number): string | undefined {
  if (number < 0) return undefined;
  const offset = subnet.family === 4 ? BigInt(number) : BigInt(`0x${number}`);
  return offset < cidrSize(subnet) ? nthAddress(subnet, offset) : undefined;
}
