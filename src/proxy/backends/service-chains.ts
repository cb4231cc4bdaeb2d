/** The chains that the backends with chains give every Service port, whatever they call them. Pure. */
import type { ServicePortView } from '../../objects/service-port-view.ts';
import type { RuleSubject } from './rule-subject.ts';

export interface ServiceChainNames {
  /** To all endpoints (policy Cluster). */
  readonly cluster: string;
  /** To this node's endpoints (policy Local). */
  readonly local: string;
  /** For traffic to node ports, external and load-balancer IPs. */
  readonly external: string;
  /** Lets only `loadBalancerSourceRanges` through. */
  readonly firewall: string;
}

/** The Service port `view` is of, as what is there for it says. */
export function portSubject({ name, nameString }: Pick<ServicePortView, 'name' | 'nameString'>): RuleSubject {
  return { service: `${name.namespace}/${name.name}`, port: nameString };
}

/** What each of `names` is there for. */
export function chainSubjectsOf(names: ServiceChainNames, port: RuleSubject): [chain: string, RuleSubject][] {
  return [
    [names.cluster, { ...port, part: 'all endpoints' }],
    [names.local, { ...port, part: 'endpoints of this node' }],
    [names.external, { ...port, part: 'traffic from outside' }],
    [names.firewall, { ...port, part: 'source ranges' }],
  ];
}
