/** The iptables backend of kube-proxy, as one value. */
import type { IpFamily } from '../../../net/ip.ts';
import type { Probe, ProxyBackend } from '../backend.ts';
import { PROXY_CANARY, SERVICES } from './chain-names.ts';
import { OWN_CHAINS, planCleanup } from './cleanup.ts';
import { CANARY_TABLES, JUMPS } from './fixed-chains.ts';
import { planIptables } from './plan.ts';
import { expectedOf, type IptablesState, jumpKey, observeSave } from './state.ts';
import { differences } from './whole.ts';

/** Canaries tell of removed chains, the jump of flushed ones (`iptables -F` leaves chains, so kube-proxy misses it). */
function probes(family: IpFamily): Probe[] {
  const tool = family === 6 ? 'ip6tables' : 'iptables';
  return [
    ...CANARY_TABLES.map((table): Probe => ({ argv: [tool, '-t', table, '-S', PROXY_CANARY], contains: PROXY_CANARY })),
    { argv: [tool, '-t', 'nat', '-S', 'PREROUTING'], contains: `-j ${SERVICES}` },
    { argv: [tool, '-t', 'filter', '-S', 'FORWARD'], contains: `-j ${SERVICES}` },
  ];
}

export const iptablesBackend: ProxyBackend<IptablesState> = {
  mode: 'iptables',
  observe: (family) => [[family === 6 ? 'ip6tables-save' : 'iptables-save']],
  observed: ([save = '']) => observeSave(save),
  plan: planIptables,
  probes,
  differences,
  rules: {
    chains: new Set(CANARY_TABLES.flatMap((table) => OWN_CHAINS[table].map((chain) => `${table} ${chain}`))),
    jumps: new Set(JUMPS.map(jumpKey)),
  },
  cleanup: (state, family, kept) => planCleanup(state.kind === 'observed' ? state : expectedOf(state), family, kept),
};
