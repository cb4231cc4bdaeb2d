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

/** Batches that leave nothing of this family; kube-ipvs0 goes with the last one. What `kept` names is another backend's by now. */
export function planCleanup(state: ObservedState, family: IpFamily, kept: KeptRules = NOTHING_KEPT): Batch[] {
  return [...planRetirement(state, family, kept), ...planRemoval(state, family)];
}

/** Removes the virtual servers and kube-ipvs0. */
export function planRemoval(state: ObservedState, family: IpFamily): Batch[] {
  const servers = [...state.servers.keys()].map((id) => `${deletionLine(id)}\n`).join('');
  return [...(servers === '' ? [] : [{ tool: 'ipvsadm', text: servers } as const]), ...deviceBatches(state, family)];
}

/** Removes the chains and jumps, then the sets, which rules hold. */
export function planRetirement(state: ObservedState, family: IpFamily, kept: KeptRules): Batch[] {
  const sets = SET_NAMES.filter((set) => state.sets.has(set)).map((set) => `destroy ${kernelName(set, family)}\n`);
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
  return [
    ...restoreBatch(family, text),
    ...(sets.length === 0 ? [] : [{ tool: 'ipset', text: sets.join('') } as const]),
  ];
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
