/** What of this backend's rules does not stand as it was written, from what `iptables-save` prints. Pure. */

import { chainDifferences, savedChains, type WantedChain, type WantedChains } from './chain-differences.ts';
import { FIREWALL, isServiceChain, NODE_PORTS, SERVICES } from './chain-names.ts';
import { DISPATCH_CHAINS, fixedChains, JUMPS, nodePortRules } from './fixed-chains.ts';
import { type DispatchRule, serviceRules } from './service-rules.ts';
import { type IptablesState, jumpKey, observeSave, type RenderedState } from './state.ts';

export function* differences(state: IptablesState, [save = '']: readonly string[]): Generator<string> {
  if (state.kind !== 'rendered') return;
  const { jumps } = observeSave(save);
  for (const jump of JUMPS) if (!jumps.has(jumpKey(jump))) yield `${jump.table} ${jump.from} lacks "${jump.rule}"`;
  const wanted = wantedChains(state);
  const standing = savedChains(save);
  yield* chainDifferences(wanted, standing);
  for (const chain of standing.keys()) {
    const [table = '', name = ''] = chain.split(' ');
    if (table === 'nat' && isServiceChain(name) && !wanted.has(chain)) yield `chain ${chain} is nobody's`;
  }
}

function wantedChains(state: RenderedState): WantedChains {
  const chains = new Map<string, WantedChain>();
  const dispatch = new Map<string, string[][]>();
  for (const table of ['filter', 'nat'] as const) {
    for (const name of DISPATCH_CHAINS[table]) dispatch.set(`${table} ${name}`, []);
    // The kubelet's may have its own rules.
    for (const { name, rules } of fixedChains(state.facts)[table])
      if (name !== FIREWALL) chains.set(`${table} ${name}`, { groups: [rules] });
  }
  for (const view of state.views.values()) {
    const rules = serviceRules(view, state);
    for (const [chain, own] of Map.groupBy(rules.dispatch, (rule) => `${rule.table} ${rule.chain}`))
      dispatch.get(chain)?.push(...orderedGroups(chain, own));
    for (const chain of rules.chains) chains.set(`nat ${chain.name}`, { groups: [chain.rules] });
  }
  for (const [chain, groups] of dispatch)
    chains.set(chain, chain === `nat ${SERVICES}` ? { groups, last: nodePortRules(state.facts) } : { groups });
  return chains;
}

/** Of a Service port's rules with one match the first decides in nat; those for a node port come and go together. */
function orderedGroups(chain: string, rules: readonly DispatchRule[]): string[][] {
  if (rules.length === 1 || chain.startsWith('filter')) return rules.map(({ rule }) => [rule]);
  const byMatch = Map.groupBy(rules, ({ match }) => (chain === `nat ${NODE_PORTS}` ? '' : match));
  return [...byMatch.values()].map((group) => group.map(({ rule }) => rule));
}
