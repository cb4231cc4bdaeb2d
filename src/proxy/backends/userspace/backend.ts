/** The userspace backend of kube-proxy, as one value. Its rules lead to relays (src/proxy/userspace). */
import type { ProxyBackend } from '../backend.ts';
import { countRules } from '../iptables/rule-counts.ts';
import { CHAINS, JUMPS } from './chain-names.ts';
import { planCleanup, planUserspace, rulesOf } from './plan.ts';
import { observeSave, type UserspaceState } from './state.ts';

/** Every jump stands, and in each chain as many rules as were written. */
function isWhole(state: UserspaceState, [save = '']: readonly string[]): boolean {
  if (state.kind !== 'rendered') return true;
  const { jumps } = observeSave(save);
  if (!JUMPS.every((jump) => jumps.has(jump))) return false;
  const wanted = new Map<string, number>();
  for (const key of state.views.keys())
    for (const { chain } of rulesOf(state, key)) wanted.set(chain, (wanted.get(chain) ?? 0) + 1);
  const standing = countRules(save);
  return (['nat', 'filter'] as const).every((table) =>
    CHAINS[table].every((chain) => standing.get(`${table} ${chain}`) === (wanted.get(chain) ?? 0)),
  );
}

export const userspaceBackend: ProxyBackend<UserspaceState> = {
  mode: 'userspace',
  observe: (family) => [[family === 6 ? 'ip6tables-save' : 'iptables-save']],
  observed: ([save = '']) => observeSave(save),
  plan: planUserspace,
  probes: () => [],
  isWhole,
  cleanup: planCleanup,
};
