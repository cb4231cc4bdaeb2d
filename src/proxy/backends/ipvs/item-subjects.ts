/** What each virtual server, set entry and address of the ipvs backend is there for. Pure. */
import type { ServicePortView, ServicePortViews } from '../../../objects/service-port-view.ts';
import type { RuleSubject } from '../rule-subject.ts';
import { type ItemOptions, serviceItems } from './service-items.ts';

/** By item id (`TCP 10.96.0.1:443`, `KUBE-CLUSTER-IP 10.96.0.1,tcp:443`, `address 10.96.0.1`); of several Services the first. */
export function itemSubjects(views: ServicePortViews, options: ItemOptions): Map<string, RuleSubject> {
  const subjects = new Map<string, RuleSubject>();
  for (const [, view] of [...views].sort(([a], [b]) => (a < b ? -1 : 1))) {
    const about = { service: `${view.name.namespace}/${view.name.name}`, port: view.nameString };
    for (const [id, item] of serviceItems(view, options)) {
      if (subjects.has(id)) continue;
      subjects.set(id, item.kind === 'server' ? { ...about, part: wayIn(view, id) } : about);
    }
  }
  return subjects;
}

/** By which address of the Service a virtual server is reached. */
function wayIn(view: ServicePortView, id: string): string {
  const isAt = (ip: string) => id.endsWith(` ${ip}:${view.port}`) || id.endsWith(` [${ip}]:${view.port}`);
  if (isAt(view.clusterIP)) return 'cluster IP';
  if (view.externalIPs.some(isAt)) return 'external IP';
  return view.loadBalancerVIPs.some(isAt) ? 'load balancer IP' : 'node port';
}
