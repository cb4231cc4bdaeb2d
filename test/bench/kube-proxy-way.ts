/**
 * How kube-proxy itself loads rules, with the same tools: every full sync in one transaction per table, every partial
 * sync with the dispatch chains whole; before a full sync each chain and jump is asked for one by one.
 */
import type { Kernel, Netns } from '../../src/kernel/kernel.ts';
import type { ServicePortViews } from '../../src/objects/service-port-view.ts';
import {
  type Chain,
  DISPATCH_CHAINS,
  fixedChains,
  JUMPS,
  nodePortRules,
} from '../../src/proxy/backends/iptables/fixed-chains.ts';
import { transaction } from '../../src/proxy/backends/iptables/restore-text.ts';
import { type ServiceRules, serviceRules } from '../../src/proxy/backends/iptables/service-rules.ts';
import { FACTS } from './generated-services.ts';

const OPTIONS = { facts: FACTS, isLargeCluster: true };

/** Everything in one transaction per table. */
export function oneTransaction(views: ServicePortViews): string {
  const services = [...views.values()].map((view) => serviceRules(view, OPTIONS));
  return tables(
    services,
    services.flatMap(({ chains }) => chains),
  );
}

/** What a partial sync writes: all dispatch rules, and the own chains of `changed` alone. */
export function partialSync(views: ServicePortViews, changed: string): string {
  const services = [...views.values()].map((view) => serviceRules(view, OPTIONS));
  return tables(services, serviceRules(views.get(changed)!, OPTIONS).chains);
}

/** Asks for each chain and jump as kube-proxy does on a full sync, makes those that are missing, then restores. */
export async function fullSync(kernel: Kernel, netns: Netns, views: ServicePortViews): Promise<void> {
  for (const { table, from, rule } of JUMPS) {
    const chain = / -j (\S+)$/.exec(rule)![1]!;
    await kernel.read(netns, ['iptables', '-w', '-t', table, '-N', chain]);
    const words = (rule.match(/"[^"]*"|\S+/g) ?? []).map((word) => word.replaceAll('"', ''));
    const { exitCode } = await kernel.read(netns, ['iptables', '-w', '-t', table, '-C', from, ...words]);
    if (exitCode !== 0) await kernel.read(netns, ['iptables', '-w', '-t', table, '-I', from, ...words]);
  }
  await kernel.read(netns, ['iptables-save', '-t', 'nat']);
  await kernel.run(netns, [{ tool: 'iptables-restore', family: 4, text: oneTransaction(views) }]);
}

function tables(services: readonly ServiceRules[], own: readonly Chain[]): string {
  const dispatch = new Map<string, string[]>();
  for (const { table, chain, rule } of services.flatMap((service) => service.dispatch)) {
    const rules = dispatch.get(`${table} ${chain}`) ?? [];
    rules.push(rule);
    dispatch.set(`${table} ${chain}`, rules);
  }
  const fixed = fixedChains(FACTS);
  const shared = (table: 'filter' | 'nat') =>
    DISPATCH_CHAINS[table].map((name) => ({
      name,
      rules: [
        ...(dispatch.get(`${table} ${name}`) ?? []),
        ...(table === 'nat' && name === 'KUBE-SERVICES' ? nodePortRules(FACTS) : []),
      ],
    }));
  return (
    transaction('filter', { chains: [...fixed.filter, ...shared('filter')] }) +
    transaction('nat', { chains: [...fixed.nat, ...own, ...shared('nat')] })
  );
}
