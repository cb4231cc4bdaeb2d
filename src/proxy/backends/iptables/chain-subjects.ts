/** What each chain of the iptables backend is about: names that are hashes, read backwards. Pure. */
import type { ServicePortViews } from '../../../objects/service-port-view.ts';
import type { RuleSubject } from '../rule-subject.ts';
import { chainSubjectsOf, portSubject } from '../service-chains.ts';
import { endpointChainName, serviceChainNames } from './chain-names.ts';

/** Chain → subject, for every chain these views may have. */
export function chainSubjects(views: ServicePortViews): Map<string, RuleSubject> {
  const subjects = new Map<string, RuleSubject>();
  for (const view of views.values()) {
    const port = portSubject(view);
    for (const [chain, subject] of chainSubjectsOf(serviceChainNames(view), port)) subjects.set(chain, subject);
    for (const endpoint of view.endpoints.all)
      subjects.set(endpointChainName(view, endpoint), { ...port, part: `endpoint ${endpoint.address}` });
  }
  return subjects;
}
