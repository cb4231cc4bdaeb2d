/** Removal of all that the iptables backend wrote, as `kube-proxy --cleanup`: the kubelet's chains stay. */
import type { Batch } from '../../../kernel/kernel.ts';
import type { IpFamily } from '../../../net/ip.ts';
import * as names from './chain-names.ts';
import { DISPATCH_CHAINS, JUMPS, type Table } from './fixed-chains.ts';
import { removeText } from './plan-full.ts';
import { restoreBatch, transaction } from './restore-text.ts';
import { jumpKey, type ObservedState, serviceChainsOf } from './state.ts';

const OWN_CHAINS: Readonly<Record<Table, readonly string[]>> = {
  mangle: [names.PROXY_CANARY],
  filter: [names.PROXY_CANARY, names.FORWARD, ...DISPATCH_CHAINS.filter],
  nat: [names.PROXY_CANARY, names.POSTROUTING, ...DISPATCH_CHAINS.nat],
};

/** Batches that leave none of kube-proxy's rules. */
export function planCleanup(existing: ObservedState, family: IpFamily): Batch[] {
  const remove = (table: Table) => OWN_CHAINS[table].filter((chain) => existing.chains[table].has(chain));
  const jumps = (table: Table) =>
    JUMPS.filter((jump) => jump.table === table && existing.jumps.has(jumpKey(jump))).map(
      (jump) => `-D ${jump.from} ${jump.rule}`,
    );
  const text = [
    transaction('filter', { commands: jumps('filter'), remove: remove('filter') }),
    transaction('nat', { commands: jumps('nat'), remove: remove('nat') }),
    removeText(serviceChainsOf(existing)),
    // Chains of Services jump to it: it goes when they are gone.
    transaction('nat', { remove: [names.MARK_MASQ].filter((chain) => existing.chains.nat.has(chain)) }),
    transaction('mangle', { remove: remove('mangle') }),
  ].join('');
  return restoreBatch(family, text);
}
