/** The rules of a node from the kernel's own listing, with what the API says each is there for. */
import { familyOf, type IpFamily } from '../../net/ip.ts';
import type { ProxyMode } from '../../objects/proxy-mode.ts';
import { ENDPOINT_SLICES, SERVICES } from '../../objects/resource.ts';
import type { ServicePortViews } from '../../objects/service-port-view.ts';
import type { Transport } from '../../objects/transport.ts';
import type { EndpointSlice, Service } from '../../objects/wire.ts';
import { chainSubjects } from '../../proxy/backends/iptables/chain-subjects.ts';
import { tableOf } from '../../proxy/backends/nftables/names.ts';
import { tableSubjects } from '../../proxy/backends/nftables/table-subjects.ts';
import type { RuleSubject } from '../../proxy/backends/rule-subject.ts';
import { ServicePortTracker } from '../../proxy/service-port-tracker.ts';
import { iptablesSections } from './iptables-sections.ts';
import { listIpvs } from './list-ipvs.ts';
import { nftablesSections } from './nftables-sections.ts';
import type { RuleSection } from './rule-section.ts';

export interface RuleSource {
  readonly nodeName: string;
  readonly mode: ProxyMode;
  /** Something of mode ipvs stands beside the rules of the mode, for connections that are open. */
  readonly hasIpvsToo?: boolean;
  /** The node's address of each family it has. */
  readonly nodeIPs: readonly string[];
  readonly transport: Transport;
  /** Runs a program on the node and gives what it prints. Rejects when it fails. */
  read(argv: readonly [string, ...string[]]): Promise<string>;
}

/** Every rule of kube-proxy on the node, family by family. */
export async function listRules(source: RuleSource): Promise<RuleSection[]> {
  const { transport, nodeIPs } = source;
  const [services, slices] = await Promise.all([transport.list(SERVICES), transport.list(ENDPOINT_SLICES)]);
  const families = nodeIPs.map((nodeIP) => {
    const views = currentViews(source.nodeName, familyOf(nodeIP), services.items, slices.items);
    return sectionsOfFamily(source, nodeIP, views);
  });
  return (await Promise.all(families)).flat();
}

async function sectionsOfFamily(
  { mode, hasIpvsToo = false, read }: RuleSource,
  nodeIP: string,
  views: ServicePortViews,
): Promise<RuleSection[]> {
  const family = familyOf(nodeIP);
  const listed = mode === 'ipvs' || hasIpvsToo ? listIpvs({ read, nodeIP }, views) : Promise.resolve([]);
  if (mode === 'nftables') {
    const [word, name] = tableOf(family).split(' ') as [string, string];
    const [table, ipvs] = await Promise.all([listTable(read, [word, name]), listed]);
    return [...ipvs, ...nftablesSections(table, tableSubjects(views))];
  }
  // Rules of mode userspace name their Service port in the comment, those of mode ipvs are about no Service in particular.
  const subjects = mode === 'ipvs' ? new Map<string, RuleSubject>() : chainSubjects(views);
  const [save, ipvs] = await Promise.all([read([family === 6 ? 'ip6tables-save' : 'iptables-save']), listed]);
  const chains = iptablesSections(save, subjects);
  const sections = family === 4 ? chains : chains.map((section) => ({ ...section, place: `ip6 ${section.place}` }));
  return [...ipvs, ...sections];
}

/** Nothing where the table is not there: somebody has deleted it, and kube-proxy has not noticed yet. */
async function listTable(read: RuleSource['read'], table: readonly string[]): Promise<string> {
  try {
    return await read(['nft', 'list', 'table', ...table]);
  } catch (error) {
    if (error instanceof Error && error.message.includes('No such file or directory')) return '';
    throw error;
  }
}

/** What kube-proxy on that node sees. */
function currentViews(
  nodeName: string,
  family: IpFamily,
  services: readonly Service[],
  slices: readonly EndpointSlice[],
): ServicePortViews {
  const tracker = new ServicePortTracker({ nodeName, family });
  for (const service of services) tracker.setService(service);
  for (const slice of slices) tracker.setEndpointSlice(slice);
  return tracker.update().views;
}
