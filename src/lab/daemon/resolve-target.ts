/** Where a name stands: a node or host of the plan, or a pod. */
import type { Pod } from '../../objects/wire.ts';
import { LabError } from '../lab-error.ts';
import { nearMiss } from '../near-miss.ts';
import type { HostPlan, LabPlan } from '../plan-lab.ts';

export type Target = { readonly host: HostPlan } | { readonly pod: Pod };

/** Nodes and hosts go before pods of the same name (`namespace/name` always means a pod). */
export function resolveTarget(plan: LabPlan, name: string, findPod: (name: string) => Pod | undefined): Target {
  const hosts = [...plan.nodes, plan.gateway, ...plan.hosts];
  const host = hosts.find((candidate) => candidate.name === name);
  if (host !== undefined) return { host };
  const pod = findPod(name);
  if (pod !== undefined) return { pod };
  const meant = nearMiss(
    name,
    hosts.map((candidate) => candidate.name),
  );
  throw new LabError({
    what: `there is no ${JSON.stringify(name)} in the lab "${plan.name}"`,
    why: `it is neither a node or host (${hosts.map((candidate) => candidate.name).join(', ')}) nor a pod${name.includes('/') ? '' : ' of the default namespace'}`,
    remedy: meant === undefined ? 'see `podwire status`; pods elsewhere are NAMESPACE/NAME' : `did you mean ${meant}?`,
  });
}
