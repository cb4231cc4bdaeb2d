/**
 * The planner of the userspace backend. A change of a Service deletes and appends its own rules in one transaction. (The
 * first kube-proxy ran one `iptables -A` or `-D` for each rule.) Into an empty kernel rules go in transactions of a few
 * hundred Services and the jumps last; over rules that stand, all of a table in one, so that no Service is ever without.
 */
import { isDeepStrictEqual } from 'node:util';
import type { Batch } from '../../../kernel/kernel.ts';
import type { ServicePortView } from '../../../objects/service-port-view.ts';
import type { Desired, Plan } from '../backend.ts';
import { changedKeys } from '../changed-keys.ts';
import type { Chain } from '../iptables/fixed-chains.ts';
import { chunksOf, restoreBatch, transaction } from '../iptables/restore-text.ts';
import { CHAINS, JUMPS, type PortalRule } from './chain-names.ts';
import { portalRules } from './portal-rules.ts';
import { relaysOf } from './relays.ts';
import { expectedOf, type ObservedState, type RenderedState, type UserspaceState, udpPortsOf } from './state.ts';

/** Service ports per transaction: one of iptables-nft costs far more than linearly. */
export const SERVICES_PER_TRANSACTION = 250;

type TableName = 'nat' | 'filter';
const TABLES = ['filter', 'nat'] as const;

/** Batches that take the kernel from `previous` to `desired`. */
export function planUserspace(desired: Desired, previous: UserspaceState): Plan<UserspaceState> {
  const { views, facts, relayPorts = new Map() } = desired;
  const state: RenderedState = { kind: 'rendered', views, facts, relayPorts };
  const isAlike = previous.kind === 'rendered' && isDeepStrictEqual(previous.facts, facts);
  const text = isAlike ? changeText(previous, state) : fullText(state, previous);
  return { batches: restoreBatch(facts.family, text), state, isFull: !isAlike };
}

/** Batches that leave none of the backend's rules, nor a UDP flow that would go on to a relay. */
export function planCleanup(state: UserspaceState, family: 4 | 6): Batch[] {
  return [...planRetirement(state, family), ...planFlowRemoval(state, family)];
}

/** Removes the rules alone. */
export function planRetirement(state: UserspaceState, family: 4 | 6): Batch[] {
  const existing = state.kind === 'observed' ? state : expectedOf(state);
  const text = TABLES.map((table) =>
    transaction(table, {
      commands: JUMPS.filter((jump) => jump.table === table && existing.jumps.has(jump)).map(
        ({ from, rule }) => `-D ${from} ${rule}`,
      ),
      remove: CHAINS[table].filter((chain) => existing.chains[table].has(chain)),
    }),
  ).join('');
  return restoreBatch(family, text);
}

/** Has UDP flows to relays forgotten. */
export function planFlowRemoval(state: UserspaceState, family: 4 | 6): Batch[] {
  return udpPortsOf(state).map((port) => ({
    tool: 'command',
    argv: ['conntrack', '-D', '-f', `ipv${family}`, '-p', 'udp', '--reply-port-src', `${port}`],
    // There may be no such flow.
    allowFailure: true,
  }));
}

/** The rules of one view; none for a key that has none. */
export function rulesOf({ views, facts, relayPorts }: RenderedState, key: string): PortalRule[] {
  const view = views.get(key);
  return view === undefined ? [] : portalRules(view, facts, relayPorts);
}

/** Keys of views whose rules may differ: of another view, or of one whose relays have other ports. */
function keysToWrite(before: RenderedState, after: RenderedState): string[] {
  const changed = changedKeys(before.views, after.views);
  if (before.relayPorts === after.relayPorts) return changed;
  const known = new Set(changed);
  const hasOtherPorts = (view: ServicePortView) =>
    relaysOf(view).some(({ key }) => before.relayPorts.get(key) !== after.relayPorts.get(key));
  for (const [key, view] of after.views) if (!known.has(key) && hasOtherPorts(view)) changed.push(key);
  return changed;
}

function changeText(before: RenderedState, after: RenderedState): string {
  const changes = keysToWrite(before, after).map((key) => ({ old: rulesOf(before, key), now: rulesOf(after, key) }));
  return chunksOf(changes, SERVICES_PER_TRANSACTION)
    .flatMap((chunk) =>
      TABLES.map((table) =>
        transaction(table, {
          commands: chunk.flatMap(({ old, now }) => CHAINS[table].flatMap((chain) => edit(chain, old, now))),
        }),
      ),
    )
    .join('');
}

/** The rules of one Service port in one chain: the order among them counts, so they are replaced together. */
function edit(chain: string, old: readonly PortalRule[], now: readonly PortalRule[]): string[] {
  const of = (rules: readonly PortalRule[]) => rules.filter((rule) => rule.chain === chain).map(({ rule }) => rule);
  const [before, after] = [of(old), of(now)];
  if (isDeepStrictEqual(before, after)) return [];
  return [...before.map((rule) => `-D ${chain} ${rule}`), ...after.map((rule) => `-A ${chain} ${rule}`)];
}

function fullText(next: RenderedState, previous: UserspaceState): string {
  const existing = previous.kind === 'observed' ? previous : expectedOf(previous);
  const services = [...next.views.keys()].map((key) => rulesOf(next, key));
  const isFresh = existing.chains.nat.size === 0 && existing.chains.filter.size === 0;
  const chunks = isFresh ? chunksOf(services, SERVICES_PER_TRANSACTION) : [services];
  const texts = (chunks.length === 0 ? [[]] : chunks).flatMap((chunk, index) =>
    TABLES.map((table) => {
      const rules = Map.groupBy(chunk.flat(), ({ chain }) => chain);
      const ruleTexts = (chain: string) => (rules.get(chain) ?? []).map(({ rule }) => rule);
      // The first chunk makes the chains, or empties them.
      const chains: Chain[] = index > 0 ? [] : CHAINS[table].map((name) => ({ name, rules: ruleTexts(name) }));
      const appended = CHAINS[table].flatMap((name) => ruleTexts(name).map((rule) => `-A ${name} ${rule}`));
      return transaction(table, { chains, commands: index > 0 ? appended : [] });
    }),
  );
  return (
    texts.join('') + TABLES.map((table) => transaction(table, { commands: missingJumps(table, existing) })).join('')
  );
}

function missingJumps(table: TableName, existing: ObservedState): string[] {
  return JUMPS.filter((jump) => jump.table === table && !existing.jumps.has(jump)).map(
    ({ from, rule, isLast }) => `${isLast ? '-A' : '-I'} ${from} ${rule}`,
  );
}
