/** The userspace backend of kube-proxy, as one value. Its rules lead to relays (src/proxy/userspace). */
import type { ProxyBackend } from '../backend.ts';
import { JUMPS, PORTALS_CONTAINER, PORTALS_HOST } from './chain-names.ts';
import { planCleanup, planUserspace } from './plan.ts';
import { observeSave, type UserspaceState } from './state.ts';

/** Every jump stands, and no chain of portals is empty where relays are to be led to. */
function isWhole(state: UserspaceState, [save = '']: readonly string[]): boolean {
  if (state.kind !== 'rendered') return true;
  const { jumps, filled } = observeSave(save);
  const isFilled = [PORTALS_CONTAINER, PORTALS_HOST].every((chain) => filled.has(chain));
  return JUMPS.every((jump) => jumps.has(jump)) && (state.relayPorts.size === 0 || isFilled);
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
