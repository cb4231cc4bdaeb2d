/**
 * Full sync: into an empty kernel (chains and dispatch rules first, the jumps that make them effective last), or over
 * rules that stand (each Service's chains replaced in place, then the dispatch chains in one transaction, then what is
 * left over removed). Either may be interrupted at any point: a chain is reachable only when it is whole.
 */
import type { Batch } from '../../../kernel/kernel.ts';
import * as names from './chain-names.ts';
import {
  CANARY_TABLES,
  type Chain,
  DISPATCH_CHAINS,
  fixedChains,
  hasLocalhostNodePorts,
  JUMPS,
  type Jump,
  KUBELET_JUMPS,
  nodePortRules,
  type Table,
} from './fixed-chains.ts';
import { chunksOf, restoreBatch, transaction } from './restore-text.ts';
import { changeText } from './service-changes.ts';
import { type ServiceRules, serviceRules } from './service-rules.ts';
import {
  expectedOf,
  type IptablesState,
  jumpKey,
  type ObservedState,
  type RenderedState,
  serviceChainsOf,
} from './state.ts';

const CHAINS_PER_TRANSACTION = 1000;

/** Batches that bring `next` about, whatever stands in the kernel. */
export function planFull(next: RenderedState, previous: IptablesState): Batch[] {
  const existing = previous.kind === 'observed' ? previous : expectedOf(previous);
  const services = [...next.views.values()].map((view) => serviceRules(view, next));
  const text = isFresh(existing) ? freshText(next, existing, services) : resyncText(next, existing, services);
  const batches: Batch[] = restoreBatch(next.facts.family, text);
  if (hasLocalhostNodePorts(next.facts))
    batches.unshift({ tool: 'sysctl', values: { 'net.ipv4.conf.all.route_localnet': 1 } });
  return batches;
}

/** The text that removes chains of Services, those that jump before those that are jumped to. */
export function removeText(chains: readonly string[]): string {
  return chunksOf(chains, CHAINS_PER_TRANSACTION)
    .map((remove) => transaction('nat', { remove }))
    .join('');
}

function isFresh(existing: ObservedState): boolean {
  return (
    DISPATCH_CHAINS.nat.every((chain) => !existing.chains.nat.has(chain)) &&
    DISPATCH_CHAINS.filter.every((chain) => !existing.chains.filter.has(chain)) &&
    serviceChainsOf(existing).length === 0
  );
}

function freshText(next: RenderedState, existing: ObservedState, services: readonly ServiceRules[]): string {
  const empty = { filter: new Map<string, string[]>(), nat: new Map<string, string[]>() };
  return [
    fixedText(next, existing),
    dispatchText(next, empty),
    changeText(services.map((after) => ({ before: undefined, after }))),
    jumpText(existing),
  ].join('');
}

function resyncText(next: RenderedState, existing: ObservedState, services: readonly ServiceRules[]): string {
  const dispatch = { filter: new Map<string, string[]>(), nat: new Map<string, string[]>() };
  const wanted = new Set<string>();
  for (const service of services) {
    for (const chain of service.chains) wanted.add(chain.name);
    for (const { table, chain, rule } of service.dispatch) {
      const rules = dispatch[table].get(chain);
      if (rules === undefined) dispatch[table].set(chain, [rule]);
      else rules.push(rule);
    }
  }
  return [
    fixedText(next, existing),
    changeText(services.map(({ chains }) => ({ before: undefined, after: { chains, dispatch: [] } }))),
    dispatchText(next, dispatch),
    removeText(serviceChainsOf(existing).filter((chain) => !wanted.has(chain))),
    jumpText(existing),
  ].join('');
}

/** Chains with fixed rules, and canaries. A canary that stands is left alone. */
function fixedText(next: RenderedState, existing: ObservedState): string {
  const fixed = fixedChains(next.facts);
  const chainsOf = (table: Table): Chain[] => {
    const written = table === 'mangle' ? [] : fixed[table];
    // Only the kubelet may fill KUBE-FIREWALL where this proxy has no use for it.
    const ensured = [names.PROXY_CANARY, ...(table === 'filter' ? [names.FIREWALL] : [])].filter(
      (name) => !existing.chains[table].has(name) && !written.some((chain) => chain.name === name),
    );
    return [...ensured.map((name) => ({ name, rules: [] })), ...written];
  };
  return CANARY_TABLES.map((table) => transaction(table, { chains: chainsOf(table) })).join('');
}

/** The dispatch chains whole, with these rules and the fixed ones at the end. */
function dispatchText(
  next: RenderedState,
  rules: Record<'filter' | 'nat', ReadonlyMap<string, readonly string[]>>,
): string {
  const chains = (table: 'filter' | 'nat'): Chain[] =>
    DISPATCH_CHAINS[table].map((name) => ({
      name,
      rules: [
        ...(rules[table].get(name) ?? []),
        ...(table === 'nat' && name === names.SERVICES ? nodePortRules(next.facts) : []),
      ],
    }));
  return transaction('filter', { chains: chains('filter') }) + transaction('nat', { chains: chains('nat') });
}

/** The jumps that do not stand yet, each put first, and the chain the kubelet's jump to. */
function jumpText(existing: ObservedState): string {
  const missing = [...JUMPS, ...KUBELET_JUMPS].filter((jump) => !existing.jumps.has(jumpKey(jump)));
  const commands = (table: Table) =>
    missing.filter((jump) => jump.table === table).map((jump: Jump) => `-I ${jump.from} ${jump.rule}`);
  return (['filter', 'nat'] as const).map((table) => transaction(table, { commands: commands(table) })).join('');
}
