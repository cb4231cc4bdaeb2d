/**
 * The chains the kubelet keeps on every node: KUBE-FIREWALL with its jumps, the hint that tells other components which
 * variant of iptables the node uses, and its canaries.
 */
import type { Batch } from '../../../kernel/kernel.ts';
import type { IpFamily } from '../../../net/ip.ts';
import { CANARY_TABLES, type Chain, firewallChain, KUBELET_JUMPS, type Table } from './fixed-chains.ts';
import { restoreBatch, transaction } from './restore-text.ts';
import { jumpKey, type ObservedState, observeSave } from './state.ts';

const HINT = 'KUBE-IPTABLES-HINT';
const CANARY = 'KUBE-KUBELET-CANARY';

/** Batches that make the kubelet's chains; `existing` from `observeSave`, by default a new namespace. */
export function planKubeletChains(family: IpFamily, existing: ObservedState = observeSave('')): Batch[] {
  const chains = (table: Table): Chain[] => [
    ...[CANARY, ...(table === 'mangle' ? [HINT] : [])]
      .filter((name) => !existing.chains[table].has(name))
      .map((name) => ({ name, rules: [] })),
    // The rule guards 127.0.0.0/8, which has no IPv6 counterpart; the chain is there in both families.
    ...(table === 'filter' ? [family === 4 ? firewallChain() : { ...firewallChain(), rules: [] }] : []),
  ];
  const jumps = KUBELET_JUMPS.filter((jump) => !existing.jumps.has(jumpKey(jump))).map(
    (jump) => `-I ${jump.from} ${jump.rule}`,
  );
  const text = CANARY_TABLES.map((table) =>
    transaction(table, { chains: chains(table), commands: table === 'filter' ? jumps : [] }),
  ).join('');
  return restoreBatch(family, text);
}
