/** Plans of the nftables backend, and models that have taken them, for tests. */
import type { ServicePortViews } from '../../../../src/objects/service-port-view.ts';
import type { ProxyFacts } from '../../../../src/proxy/backends/backend.ts';
import { planNftables } from '../../../../src/proxy/backends/nftables/plan.ts';
import { NOTHING } from '../../../../src/proxy/backends/nftables/state.ts';
import { desired as anyDesired, NODE, service, slice, viewsOf } from '../../fixtures.ts';
import { TableModel } from './table-model.ts';

/** With kube-proxy's defaults for this backend. */
export function desired(views: ServicePortViews, facts: Partial<ProxyFacts> = {}) {
  return anyDesired(views, { nodePortIPs: ['192.168.1.11'], serviceCIDRs: ['172.30.0.0/16'], ...facts });
}

/** The texts of a plan's batches. */
export function texts(batches: readonly { tool: string; text?: string }[]): string[] {
  return batches.map((batch) => (batch.tool === 'nft' ? batch.text! : `unexpected ${batch.tool}`));
}

/** The model after a plan. */
export function applied(model: TableModel, plan: { batches: readonly { tool: string; text?: string }[] }): TableModel {
  for (const text of texts(plan.batches)) model.apply(text);
  return model;
}

/** A model after a full sync. */
export function synced(views: ServicePortViews, facts: Partial<ProxyFacts> = {}): TableModel {
  return applied(new TableModel(), planNftables(desired(views, facts), NOTHING));
}

/** One Service with an endpoint here and one elsewhere. */
export const TWO = () => viewsOf([service()], [slice([{ ip: '10.244.1.2', nodeName: NODE }, '10.244.2.2'])]);
