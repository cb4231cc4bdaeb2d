/** The nftables backend of kube-proxy, as one value. */
import type { IpFamily } from '../../../net/ip.ts';
import type { Probe, ProxyBackend } from '../backend.ts';
import { observeTable } from './listing.ts';
import { MASQUERADING, SERVICES, tableOf } from './names.ts';
import { planNftables } from './plan.ts';
import type { NftablesState } from './state.ts';
import { differences } from './whole.ts';

function wordsOf(family: IpFamily): string[] {
  return tableOf(family).split(' ');
}

/** `nft flush ruleset` takes the table, `nft flush table` the rules of all chains. (kube-proxy itself looks for neither.) */
function probes(family: IpFamily): Probe[] {
  const chain = (name: string, contains: string): Probe => ({
    argv: ['nft', 'list', 'chain', ...wordsOf(family), name],
    contains,
  });
  return [
    chain('nat-prerouting', `jump ${SERVICES}`),
    chain('filter-forward', 'jump '),
    chain(SERVICES, 'vmap @service-ips'),
    chain(MASQUERADING, 'masquerade'),
  ];
}

export const nftablesBackend: ProxyBackend<NftablesState> = {
  mode: 'nftables',
  observe: (family) => [['nft', '-j', 'list', 'table', ...wordsOf(family)]],
  nothingStands: /No such file or directory/,
  cleanupLine: /^delete chain ip6? kube-proxy (service|local|external|firewall|endpoint)-/,
  observed: ([listing = '']) => observeTable(listing),
  plan: planNftables,
  probes,
  differences,
  cleanup: (state, family) =>
    state.kind === 'observed' && !state.exists ? [] : [{ tool: 'nft', text: `delete table ${tableOf(family)}\n` }],
};
