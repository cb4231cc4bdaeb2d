/**
 * The planner of the iptables backend. A change of a Service writes its own chains and inserts or deletes its single
 * dispatch rules; everything else stays untouched, counters included. (kube-proxy rewrites KUBE-SERVICES whole on every
 * sync; the resulting rules are the same.) A full sync goes in transactions of a few hundred Services, because one
 * transaction of iptables-nft costs far more than linearly.
 */
import { isDeepStrictEqual } from 'node:util';
import type { ServicePortView, ServicePortViews } from '../../../objects/service-port-view.ts';
import type { Desired, Plan } from '../backend.ts';
import { changedKeys } from '../changed-keys.ts';
import { planFull } from './plan-full.ts';
import { restoreBatch } from './restore-text.ts';
import { changeText, type ServiceChange } from './service-changes.ts';
import { type RenderOptions, serviceRules } from './service-rules.ts';
import type { IptablesState, RenderedState } from './state.ts';

/** kube-proxy's threshold: above it, rules of endpoints carry no comments. */
const LARGE_CLUSTER_ENDPOINTS = 1000;

/** Batches that take the kernel from `previous` to `desired`. */
export function planIptables(desired: Desired, previous: IptablesState): Plan<IptablesState> {
  const state: RenderedState = {
    kind: 'rendered',
    views: desired.views,
    facts: desired.facts,
    isLargeCluster: countEndpoints(desired.views) > LARGE_CLUSTER_ENDPOINTS,
  };
  if (previous.kind === 'rendered' && rendersAlike(previous, state)) {
    const text = changeText(changesBetween(previous, state));
    return { batches: restoreBatch(state.facts.family, text), state, isFull: false };
  }
  return { batches: planFull(state, previous), state, isFull: true };
}

function rendersAlike(a: RenderedState, b: RenderedState): boolean {
  return a.isLargeCluster === b.isLargeCluster && isDeepStrictEqual(a.facts, b.facts);
}

function countEndpoints(views: ServicePortViews): number {
  let count = 0;
  for (const view of views.values()) count += view.endpoints.all.length;
  return count;
}

function changesBetween(previous: RenderedState, next: RenderedState): ServiceChange[] {
  const rules = (view: ServicePortView | undefined, options: RenderOptions) =>
    view === undefined ? undefined : serviceRules(view, options);
  return changedKeys(previous.views, next.views).map((key) => ({
    before: rules(previous.views.get(key), previous),
    after: rules(next.views.get(key), next),
  }));
}
