/**
 * Whether all of this backend's rules stand, from what `iptables-save` prints: its jumps, and in each chain as many rules as were
 * written. (A rule in the place of another is not seen: its text is not printed as it was written.) Pure.
 */

import { FIREWALL, isServiceChain, SERVICES } from './chain-names.ts';
import { DISPATCH_CHAINS, fixedChains, JUMPS, nodePortRules } from './fixed-chains.ts';
import { countRules, type RuleCounts } from './rule-counts.ts';
import { serviceRules } from './service-rules.ts';
import { type IptablesState, jumpKey, observeSave, type RenderedState } from './state.ts';

export function isWhole(state: IptablesState, [save = '']: readonly string[]): boolean {
  if (state.kind !== 'rendered') return true;
  const { jumps } = observeSave(save);
  if (!JUMPS.every((jump) => jumps.has(jumpKey(jump)))) return false;
  const wanted = wantedCounts(state);
  const standing = countRules(save);
  for (const [chain, count] of wanted) if (standing.get(chain) !== count) return false;
  for (const chain of standing.keys()) {
    const [table = '', name = ''] = chain.split(' ');
    if (table === 'nat' && isServiceChain(name) && !wanted.has(chain)) return false;
  }
  return true;
}

function wantedCounts(state: RenderedState): RuleCounts {
  const counts = new Map<string, number>();
  const add = (table: string, chain: string, rules: number) =>
    counts.set(`${table} ${chain}`, (counts.get(`${table} ${chain}`) ?? 0) + rules);
  const fixed = fixedChains(state.facts);
  for (const table of ['filter', 'nat'] as const) {
    for (const name of DISPATCH_CHAINS[table]) add(table, name, 0);
    // The kubelet's may have its own rules.
    for (const { name, rules } of fixed[table]) if (name !== FIREWALL) add(table, name, rules.length);
  }
  add('nat', SERVICES, nodePortRules(state.facts).length);
  for (const view of state.views.values()) {
    const { dispatch, chains } = serviceRules(view, state);
    for (const { table, chain } of dispatch) add(table, chain, 1);
    for (const { name, rules } of chains) add('nat', name, rules.length);
  }
  return counts;
}
