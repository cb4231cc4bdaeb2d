/** Removal of all that the ipvs backend wrote, as `kube-proxy --cleanup`: chains, virtual servers, kube-ipvs0, sets. */
import type { Batch } from '../../../kernel/kernel.ts';
import { bitsOf, type IpFamily } from '../../../net/ip.ts';
import { restoreBatch, transaction } from '../iptables/restore-text.ts';
import { jumpKey } from '../iptables/state.ts';
import { type KeptRules, NOTHING_KEPT } from '../kept-rules.ts';
import { CHAINS, JUMPS } from './chains.ts';
import { DUMMY_DEVICE, kernelName, SET_NAMES } from './names.ts';
import type { ObservedState } from './state.ts';
import { deletionLine } from './virtual-server.ts';

/**
 * Batches that leave nothing of this family. Chains come first, since rules hold sets; kube-ipvs0 goes with the last family.
 * What `kept` names is another backend's by now.
 */
export function planCleanup(state: ObservedState, family: IpFamily, kept: KeptRules = NOTHING_KEPT): Batch[] {
  const servers = [...state.servers.keys()].map((id) => `${deletionLine(id)}\n`).join('');
  const sets = SET_NAMES.filter((set) => state.sets.has(set)).map((set) => `destroy ${kernelName(set, family)}\n`);
  return [
    ...planRetirement(state, family, kept),
    ...(servers === '' ? [] : [{ tool: 'ipvsadm', text: servers } as const]),
    ...deviceBatches(state, family),
    ...(sets.length === 0 ? [] : [{ tool: 'ipset', text: sets.join('') } as const]),
  ];
}

/** Removes the chains and jumps alone. */
export function planRetirement(state: ObservedState, family: IpFamily, kept: KeptRules): Batch[] {
  const text = (['nat', 'filter'] as const)
    .map((table) =>
      transaction(table, {
        commands: JUMPS.filter((each) => each.table === table && state.jumps.has(jumpKey(each)))
          .filter((each) => !kept.jumps.has(jumpKey(each)))
          .map(({ from, rule }) => `-D ${from} ${rule}`),
        remove: CHAINS[table].filter(
          (name) => state.chains.has(`${table} ${name}`) && !kept.chains.has(`${table} ${name}`),
        ),
      }),
    )
    .join('');
  return restoreBatch(family, text);
}

function deviceBatches({ hasDevice, sharesDevice, items }: ObservedState, family: IpFamily): Batch[] {
  if (!hasDevice) return [];
  if (!sharesDevice) return [{ tool: 'ip', ops: [{ op: 'link-delete', name: DUMMY_DEVICE }] }];
  const ops = [...items.values()].flatMap((item) =>
    item.kind === 'address'
      ? [{ op: 'address-delete' as const, cidr: `${item.ip}/${bitsOf(family)}`, device: DUMMY_DEVICE }]
      : [],
  );
  return ops.length === 0 ? [] : [{ tool: 'ip', ops }];
}
