/**
 * What of a Service its load balancer depends on, and the Events Kubernetes' service controller tells a change of it by
 * (k8s.io/cloud-provider, controllers/service: needsUpdate). Pure.
 */
import { isDeepStrictEqual } from 'node:util';
import type { Service } from '../objects/wire.ts';
import { wantsLoadBalancer } from './balanced-service.ts';

/** Whether the load balancer has to be looked at, and the Event that says why, where Kubernetes has one. */
export interface ServiceChange {
  readonly needsUpdate: boolean;
  readonly event?: { readonly reason: string; readonly message: string };
}

const NOTHING: ServiceChange = { needsUpdate: false };
const QUIET: ServiceChange = { needsUpdate: true };

/** What the step from one version of a Service to the next means for its load balancer. */
export function serviceChange(before: Service, after: Service): ServiceChange {
  const [was, is] = [wantsLoadBalancer(before), wantsLoadBalancer(after)];
  const [old, now] = [before.spec ?? {}, after.spec ?? {}];
  if (!was && !is) return NOTHING;
  if (was !== is) return told('Type', `${old.type} -> ${now.type}`);
  if (!isDeepStrictEqual(old.loadBalancerSourceRanges, now.loadBalancerSourceRanges)) {
    const [from, to] = [goList(old.loadBalancerSourceRanges), goList(now.loadBalancerSourceRanges)];
    return told('LoadBalancerSourceRanges', `${from} -> ${to}`);
  }
  if (!isDeepStrictEqual(old.ports, now.ports) || old.sessionAffinity !== now.sessionAffinity) return QUIET;
  if ((old.loadBalancerIP ?? '') !== (now.loadBalancerIP ?? ''))
    return told('LoadbalancerIP', `${old.loadBalancerIP ?? ''} -> ${now.loadBalancerIP ?? ''}`);
  if (!isDeepStrictEqual(before.metadata?.annotations, after.metadata?.annotations)) return QUIET;
  if (before.metadata?.uid !== after.metadata?.uid)
    return told('UID', `${before.metadata?.uid} -> ${after.metadata?.uid}`);
  if (old.externalTrafficPolicy !== now.externalTrafficPolicy)
    return told('ExternalTrafficPolicy', `${old.externalTrafficPolicy} -> ${now.externalTrafficPolicy}`);
  if ((old.healthCheckNodePort ?? 0) !== (now.healthCheckNodePort ?? 0))
    return told('HealthCheckNodePort', `${old.healthCheckNodePort ?? 0} -> ${now.healthCheckNodePort ?? 0}`);
  return NOTHING;
}

function told(reason: string, message: string): ServiceChange {
  return { needsUpdate: true, event: { reason, message } };
}

/** As Go prints a list: `[a b]`. */
function goList(items: readonly string[] | undefined): string {
  return `[${(items ?? []).join(' ')}]`;
}
