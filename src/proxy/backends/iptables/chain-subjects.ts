/** What each chain of the iptables backend is about: names that are hashes, read backwards. Pure. */
import type { ServicePortViews } from '../../../objects/service-port-view.ts';
import type { RuleSubject } from '../rule-subject.ts';
import { endpointChainName, serviceChainNames } from './chain-names.ts';

/** Chain → subject, for every chain these views may have. */
export function chainSubjects(views: ServicePortViews): Map<string, RuleSubject> {
  const subjects = new Map<string, RuleSubject>();
  for (const view of views.values()) {
    const names = serviceChainNames(view);
    const { namespace, name } = view.name;
    const about = { service: `${namespace}/${name}`, port: view.nameString };
    subjects.set(names.cluster, { ...about, part: 'all endpoints' });
    subjects.set(names.local, { ...about, part: 'endpoints of this node' });
    subjects.set(names.external, { ...about, part: 'traffic from outside' });
    subjects.set(names.firewall, { ...about, part: 'source ranges' });
    for (const endpoint of view.endpoints.all)
      subjects.set(endpointChainName(view, endpoint), { ...about, part: `endpoint ${endpoint.address}` });
  }
  return subjects;
}
