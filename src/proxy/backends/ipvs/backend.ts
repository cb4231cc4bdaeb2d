/** The ipvs backend of kube-proxy, as one value. */
import type { ProxyBackend } from '../backend.ts';
import { jumpKey } from '../iptables/state.ts';
import { CHAINS, JUMPS } from './chains.ts';
import { planCleanup } from './cleanup.ts';
import { ipvsDeparture } from './departure.ts';
import { listings, NOTHING_THERE, observeKernel } from './observe.ts';
import { differences, planIpvs } from './plan.ts';
import { ipvsQuestions } from './questions.ts';
import type { IpvsState } from './state.ts';

export const ipvsBackend: ProxyBackend<IpvsState> = {
  mode: 'ipvs',
  observe: listings,
  nothingStands: NOTHING_THERE,
  observed: observeKernel,
  questions: ipvsQuestions,
  plan: planIpvs,
  differences: (state, outputs, family) => differences(state, observeKernel(outputs, family)),
  probes: () => [],
  rules: {
    chains: new Set((['nat', 'filter'] as const).flatMap((table) => CHAINS[table].map((name) => `${table} ${name}`))),
    jumps: new Set(JUMPS.map(jumpKey)),
  },
  departure: ipvsDeparture,
  cleanup: (state, family, kept) => (state.kind === 'observed' ? planCleanup(state, family, kept) : []),
};
