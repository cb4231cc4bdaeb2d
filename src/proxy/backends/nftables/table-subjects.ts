/** What each chain, affinity set and element of the nftables backend is about. Pure. */
import type { ServicePortViews } from '../../../objects/service-port-view.ts';
import type { RuleSubject } from '../rule-subject.ts';
import { endpointNames, serviceChainNames } from './names.ts';
import { ownedElements } from './shared-elements.ts';

/** Chain or set → subject; element → subject by `CONTAINER KEY`. */
export function tableSubjects(views: ServicePortViews): Map<string, RuleSubject> {
  const subjects = new Map<string, RuleSubject>();
  for (const view of views.values()) {
    const names = serviceChainNames(view);
    const { namespace, name } = view.name;
    const about = { service: `${namespace}/${name}`, port: view.nameString };
    subjects.set(names.cluster, { ...about, part: 'all endpoints' });
    subjects.set(names.local, { ...about, part: 'endpoints of this node' });
    subjects.set(names.external, { ...about, part: 'traffic from outside' });
    subjects.set(names.firewall, { ...about, part: 'source ranges' });
    for (const endpoint of view.endpoints.all) {
      const { chain, affinitySet } = endpointNames(view, endpoint);
      subjects.set(chain, { ...about, part: `endpoint ${endpoint.address}` });
      subjects.set(affinitySet, { ...about, part: `clients of endpoint ${endpoint.address}` });
    }
  }
  for (const [id, { owner }] of ownedElements(views)) {
    const view = views.get(owner);
    if (view === undefined) continue;
    subjects.set(id, { service: `${view.name.namespace}/${view.name.name}`, port: view.nameString });
  }
  return subjects;
}
