/** Removal of all that the iptables backend wrote, as `kube-proxy --cleanup`: the kubelet's chains stay. */
import type { Batch } from '../../../kernel/kernel.ts';
import type { IpFamily } from '../../../net/ip.ts';
import { type KeptRules, NOTHING_KEPT } from '../kept-rules.ts';
import * as names from './chain-names.ts';
import { DISPATCH_CHAINS, JUMPS, type Table } from './fixed-chains.ts';
import { removeText } from './plan-full.ts';
import { restoreBatch, transaction } from './restore-text.ts';
import { jumpKey, type ObservedState, serviceChainsOf } from './state.ts';

/** kube-proxy's chains of no Service in particular. */
export const OWN_CHAINS: Readonly<Record<Table, readonly string[]>> = {
  mangle: [names.PROXY_CANARY],
  filter: [names.PROXY_CANARY, names.FORWARD, ...DISPATCH_CHAINS.filter],
  nat: [names.PROXY_CANARY, names.POSTROUTING, ...DISPATCH_CHAINS.nat, names.MARK_MASQ],
};

/** Batches that leave none of kube-proxy's rules but what another backend has made its own (`kept`). */
export function planCleanup(existing: ObservedState, family: IpFamily, kept: KeptRules = NOTHING_KEPT): Batch[] {
  const remove = (table: Table) =>
    OWN_CHAINS[table].filter((chain) => existing.chains[table].has(chain) && !kept.chains.has(`${table} ${chain}`));
  const jumps = (table: Table) =>
    JUMPS.filter((jump) => jump.table === table && existing.jumps.has(jumpKey(jump)))
      .filter((jump) => !kept.jumps.has(jumpKey(jump)))
      .map((jump) => `-D ${jump.from} ${jump.rule}`);
  const nat = remove('nat');
  const text = [
    transaction('filter', { commands: jumps('filter'), remove: remove('filter') }),
    transaction('nat', { commands: jumps('nat'), remove: nat.filter((chain) => chain !== names.MARK_MASQ) }),
    removeText(serviceChainsOf(existing)),
    // Chains of Services jump to it: it goes when they are gone.
    transaction('nat', { remove: nat.filter((chain) => chain === names.MARK_MASQ) }),
    transaction('mangle', { remove: remove('mangle') }),
  ].join('');
  return restoreBatch(family, text);
}
