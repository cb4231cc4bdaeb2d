/** Reads the kernel's listings: virtual servers, sets, addresses, chains. Pure; what is not ours is passed over. */
import { cidrContains, cidrOf } from '../../../net/cidr.ts';
import { type IpFamily, parseIp } from '../../../net/ip.ts';
import type { Command } from '../backend.ts';
import { savedChains } from '../iptables/chain-differences.ts';
import { jumpKey } from '../iptables/state.ts';
import { PORTALS_CONTAINER } from '../userspace/chain-names.ts';
import { CHAINS, JUMPS } from './chains.ts';
import { DUMMY_DEVICE, kernelName, SET_NAMES, type SetName } from './names.ts';
import { type Item, itemId } from './service-items.ts';
import type { ObservedState } from './state.ts';
import { parseVirtualServers, partsOf } from './virtual-server.ts';

/** Addresses of what is up: kube-ipvs0, with one for each Service, never is. */
export const NODE_ADDRESSES: Command = ['ip', '-json', 'address', 'show', 'up'];

/** The listings that `observeKernel` reads, in its order. */
export function listings(family: IpFamily): readonly Command[] {
  return [
    ['ipvsadm', '-Sn'],
    ['ipset', 'save'],
    ['ip', '-json', 'address'],
    [family === 6 ? 'ip6tables-save' : 'iptables-save'],
  ];
}

/** What they say when the kernel has nothing of the kind at all, or not the virtual server that was asked for. */
export const NOTHING_THERE =
  /Can't initialize ipvs|Cannot open session to kernel|Kernel support protocol versions|No such service/;

/** What stands of this family. An empty listing is one of a kernel where nothing stands. */
export function observeKernel(outputs: readonly string[], family: IpFamily): ObservedState {
  const [servers = '', sets = '', addresses = '', save = ''] = outputs;
  const links = parseLinks(addresses);
  const device = links.find(({ ifname }) => ifname === DUMMY_DEVICE);
  const bound = addressesOf(device === undefined ? [] : [device]);
  const { standing, items } = observeSets(sets, family);
  for (const ip of bound.filter((each) => parseIp(each)?.family === family)) {
    const item: Item = { kind: 'address', ip };
    items.set(itemId(item), item);
  }
  return {
    kind: 'observed',
    servers: new Map([...parseVirtualServers(servers)].filter(([id]) => parseIp(partsOf(id).ip)?.family === family)),
    sets: standing,
    items,
    hasDevice: device !== undefined,
    hasPortals: save.includes(`:${PORTALS_CONTAINER} `),
    sharesDevice: bound.some((ip) => parseIp(ip)?.family !== family),
    nodeAddresses: nodeAddresses(addresses, family),
    ...observeChains(save),
  };
}

const LINK_LOCAL = cidrOf('fe80::/10');
const LOOPBACK = ['127.0.0.0/8', '::1/128'].map(cidrOf);

/** The node's own addresses of a family: those of every device but kube-ipvs0, without loopback and link-local, in order. */
export function nodeAddresses(output: string, family: IpFamily): string[] {
  const own = addressesOf(parseLinks(output).filter(({ ifname }) => ifname !== DUMMY_DEVICE));
  const isUsable = (text: string) => {
    const ip = parseIp(text);
    return ip?.family === family && ![LINK_LOCAL, ...LOOPBACK].some((block) => cidrContains(block, ip));
  };
  return [...new Set(own.filter(isUsable))].sort();
}

interface Link {
  readonly ifname?: string;
  readonly addr_info?: readonly { readonly local?: string }[];
}

/** `ip -json address`; links that were filtered out are empty objects. */
function parseLinks(output: string): readonly Link[] {
  return output.trim() === '' ? [] : (JSON.parse(output) as Link[]);
}

/** Global ones alone: the kernel gives kube-ipvs0 a link-local address of its own where it may. */
function addressesOf(links: readonly Link[]): string[] {
  return links
    .flatMap(({ addr_info = [] }) => addr_info.map(({ local = '' }) => local))
    .filter((text) => {
      const ip = parseIp(text);
      return ip !== undefined && !cidrContains(LINK_LOCAL, ip);
    });
}

/** `ipset save`: `create NAME …` and `add NAME ENTRY`; options behind an entry make it another (`nomatch`). */
function observeSets(save: string, family: IpFamily): { standing: Set<SetName>; items: Map<string, Item> } {
  const byName = new Map(SET_NAMES.map((set) => [kernelName(set, family), set]));
  const standing = new Set<SetName>();
  const items = new Map<string, Item>();
  for (const line of save.split('\n')) {
    const [command, name = '', ...words] = line.split(' ');
    const set = byName.get(name);
    if (set === undefined) continue;
    if (command === 'create') standing.add(set);
    if (command !== 'add') continue;
    const item: Item = { kind: 'entry', set, entry: words.join(' ') };
    items.set(itemId(item), item);
  }
  return { standing, items };
}

function observeChains(save: string): Pick<ObservedState, 'chains' | 'jumps'> {
  const saved = savedChains(save);
  const names = (['nat', 'filter'] as const).flatMap((table) => CHAINS[table].map((name) => `${table} ${name}`));
  const standing = JUMPS.filter(({ table, from, rule }) => saved.get(`${table} ${from}`)?.includes(rule));
  return {
    chains: new Map(names.flatMap((name) => (saved.has(name) ? [[name, saved.get(name)!] as const] : []))),
    jumps: new Set(standing.map(jumpKey)),
  };
}
