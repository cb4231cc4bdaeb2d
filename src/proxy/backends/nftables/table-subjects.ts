/** What each chain, affinity set and element of the nftables backend is about. Pure. */
import type { ServicePortViews } from '../../../objects/service-port-view.ts';
import type { RuleSubject } from '../rule-subject.ts';
import { chainSubjectsOf, portSubject } from '../service-chains.ts';
import { endpointNames, serviceChainNames } from './names.ts';
import { ownedElements } from './shared-elements.ts';

/** Chain or set → subject; element → subject by `CONTAINER KEY`. */
export function tableSubjects(views: ServicePortViews): Map<string, RuleSubject> {
  const subjects = new Map<string, RuleSubject>();
  for (const view of views.values()) {
    const port = portSubject(view);
    for (const [chain, subject] of chainSubjectsOf(serviceChainNames(view), port)) subjects.set(chain, subject);
    for (const endpoint of view.endpoints.all) {
      const { chain, affinitySet } = endpointNames(view, endpoint);
      subjects.set(chain, { ...port, part: `endpoint ${endpoint.address}` });
      subjects.set(affinitySet, { ...port, part: `clients of endpoint ${endpoint.address}` });
    }
  }
  for (const [id, { owner }] of ownedElements(views)) {
    const view = views.get(owner);
    if (view !== undefined) subjects.set(id, portSubject(view));
  }
  return subjects;
}
