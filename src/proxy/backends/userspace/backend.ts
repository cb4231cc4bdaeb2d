/** The userspace backend of kube-proxy, as one value. Its rules lead to relays (src/proxy/userspace). */
import type { ProxyBackend } from '../backend.ts';
import { chainDifferences, savedChains } from '../iptables/chain-differences.ts';
import { CHAINS, JUMPS } from './chain-names.ts';
import { userspaceDeparture } from './departure.ts';
import { planCleanup, planUserspace, rulesOf } from './plan.ts';
import { observeSave, type UserspaceState } from './state.ts';

/** The rules of a Service port stand in their order, wherever those of others are. */
function* differences(state: UserspaceState, [save = '']: readonly string[]): Generator<string> {
  if (state.kind !== 'rendered') return;
  const { jumps } = observeSave(save);
  for (const jump of JUMPS) if (!jumps.has(jump)) yield `${jump.table} ${jump.from} lacks "${jump.rule}"`;
  const groups = new Map<string, string[][]>();
  for (const table of ['nat', 'filter'] as const)
    for (const chain of CHAINS[table]) groups.set(`${table} ${chain}`, []);
  for (const key of state.views.keys()) {
    for (const [chain, rules] of Map.groupBy(rulesOf(state, key), (rule) => `${rule.table} ${rule.chain}`))
      groups.get(chain)?.push(rules.map(({ rule }) => rule));
  }
  const wanted = new Map([...groups].map(([chain, own]) => [chain, { groups: own }]));
  yield* chainDifferences(wanted, savedChains(save));
}

export const userspaceBackend: ProxyBackend<UserspaceState> = {
  mode: 'userspace',
  observe: (family) => [[family === 6 ? 'ip6tables-save' : 'iptables-save']],
  observed: ([save = '']) => observeSave(save),
  plan: planUserspace,
  probes: () => [],
  differences,
  departure: userspaceDeparture,
  cleanup: planCleanup,
};
