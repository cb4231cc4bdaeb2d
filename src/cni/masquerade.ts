/**
 * Plans flannel's own iptables chains: pod traffic that leaves the pod network is masqueraded, none within; forwarding
 * of pod traffic is accepted. Chain names, order and comments are flannel's (`--ip-masq`).
 */
import type { Batch } from '../kernel/kernel.ts';

export interface MasqueradeSubnet {
  /** All nodes' pods. */
  readonly network: string;
  /** This node's pods. */
  readonly podCidr: string;
  readonly family: 4 | 6;
}

/** kube-proxy's mark: what it has marked it masquerades itself; twice would be once too often. */
const KUBE_PROXY_MARK = '0x4000/0x4000';

/** Which of the jumps from built-in chains stand already. */
export interface MasqueradeJumps {
  readonly postrouting: boolean;
  readonly forward: boolean;
}

/** Reads `iptables-save` (all tables). */
export function observeMasquerade(save: string): MasqueradeJumps {
  return {
    postrouting: /^-A POSTROUTING .*-j FLANNEL-POSTRTG$/m.test(save),
    forward: /^-A FORWARD .*-j FLANNEL-FWD$/m.test(save),
  };
}

/**
 * The rules for a node that has none of them yet. Where jumps stand (a daemon that comes back to a standing node) the
 * chains are filled anew and the built-in chains are left alone.
 */
export function planMasquerade(
  { network, podCidr, family }: MasqueradeSubnet,
  standing: MasqueradeJumps = { postrouting: false, forward: false },
): Batch {
  const multicast = family === 4 ? '224.0.0.0/4' : 'ff00::/8';
  const masq = '-m comment --comment "flanneld masq"';
  const forward = '-m comment --comment "flanneld forward"';
  const lines = [
    '*nat',
    ':FLANNEL-POSTRTG - [0:0]',
    `-A FLANNEL-POSTRTG -m mark --mark ${KUBE_PROXY_MARK} ${masq} -j RETURN`,
    `-A FLANNEL-POSTRTG -s ${podCidr} -d ${network} ${masq} -j RETURN`,
    `-A FLANNEL-POSTRTG -s ${network} -d ${podCidr} ${masq} -j RETURN`,
    // From outside to a pod here: the pod shall see who called.
    `-A FLANNEL-POSTRTG ! -s ${network} -d ${podCidr} ${masq} -j RETURN`,
    `-A FLANNEL-POSTRTG -s ${network} ! -d ${multicast} ${masq} -j MASQUERADE --random-fully`,
    `-A FLANNEL-POSTRTG ! -s ${network} -d ${network} ${masq} -j MASQUERADE --random-fully`,
    ...(standing.postrouting ? [] : [`-A POSTROUTING ${masq} -j FLANNEL-POSTRTG`]),
    'COMMIT',
    '*filter',
    ':FLANNEL-FWD - [0:0]',
    `-A FLANNEL-FWD -s ${network} ${forward} -j ACCEPT`,
    `-A FLANNEL-FWD -d ${network} ${forward} -j ACCEPT`,
    ...(standing.forward ? [] : [`-A FORWARD ${forward} -j FLANNEL-FWD`]),
    'COMMIT',
  ];
  return { tool: 'iptables-restore', family, text: `${lines.join('\n')}\n` };
}
