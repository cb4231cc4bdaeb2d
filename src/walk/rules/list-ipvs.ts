/** What the ipvs backend has in a node besides its chains: virtual servers, sets, the addresses of kube-ipvs0. */
import { familyOf } from '../../net/ip.ts';
import type { ServicePortViews } from '../../objects/service-port-view.ts';
import { defaultFacts } from '../../proxy/backends/backend.ts';
import { itemSubjects } from '../../proxy/backends/ipvs/item-subjects.ts';
import { DUMMY_DEVICE } from '../../proxy/backends/ipvs/names.ts';
import { NODE_ADDRESSES, nodeAddresses } from '../../proxy/backends/ipvs/observe.ts';
import { ipvsSections } from './ipvs-sections.ts';
import type { RuleSection } from './rule-section.ts';

export interface IpvsSource {
  /** The node's address of the family that is asked for. */
  readonly nodeIP: string;
  read(argv: readonly [string, ...string[]]): Promise<string>;
}

/** All of one family. */
export async function listIpvs({ read, nodeIP }: IpvsSource, views: ServicePortViews): Promise<RuleSection[]> {
  const [servers, sets, addresses, node] = await Promise.all([
    read(['ipvsadm', '-Sn']),
    read(['ipset', 'save']),
    read(['ip', '-o', 'address', 'show', 'dev', DUMMY_DEVICE]),
    read(NODE_ADDRESSES),
  ]);
  const family = familyOf(nodeIP);
  const options = { facts: defaultFacts({ family, nodeIP }), nodeAddresses: nodeAddresses(node, family) };
  return ipvsSections({ servers, sets, addresses }, itemSubjects(views, options), family);
}
