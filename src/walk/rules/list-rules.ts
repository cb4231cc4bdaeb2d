/** The rules of a node from the kernel's own listing, with what the API says each is there for. */
import type { ProxyMode } from '../../objects/proxy-mode.ts';
import { ENDPOINT_SLICES, SERVICES } from '../../objects/resource.ts';
import type { ServicePortViews } from '../../objects/service-port-view.ts';
import type { Transport } from '../../objects/transport.ts';
import { chainSubjects } from '../../proxy/backends/iptables/chain-subjects.ts';
import { tableSubjects } from '../../proxy/backends/nftables/table-subjects.ts';
import { ServicePortTracker } from '../../proxy/service-port-tracker.ts';
import { iptablesSections } from './iptables-sections.ts';
import { nftablesSections } from './nftables-sections.ts';
import type { RuleSection } from './rule-section.ts';

export interface RuleSource {
  readonly nodeName: string;
  readonly mode: ProxyMode;
  readonly transport: Transport;
  /** Runs a program on the node and gives what it prints. Rejects when it fails. */
  read(argv: readonly [string, ...string[]]): Promise<string>;
}

/** Every rule of kube-proxy on the node (IPv4). */
export async function listRules(source: RuleSource): Promise<RuleSection[]> {
  const views = await currentViews(source);
  if (source.mode === 'nftables')
    return nftablesSections(await source.read(['nft', 'list', 'table', 'ip', 'kube-proxy']), tableSubjects(views));
  // Rules of mode userspace name their Service port in the comment.
  return iptablesSections(await source.read(['iptables-save']), chainSubjects(views));
}

/** What kube-proxy on that node sees. */
async function currentViews({ transport, nodeName }: RuleSource): Promise<ServicePortViews> {
  const tracker = new ServicePortTracker({ nodeName, family: 4 });
  const [services, slices] = await Promise.all([transport.list(SERVICES), transport.list(ENDPOINT_SLICES)]);
  for (const service of services.items) tracker.setService(service);
  for (const slice of slices.items) tracker.setEndpointSlice(slice);
  return tracker.update().views;
}
