/**
 * Modules of the guest's kernel that a lab will ask for. The kernel would load each when it is first asked for, by a modprobe of its
 * own: some 80 ms of processor time each, half of what `up` takes. One modprobe loads them all.
 */
import type { ProxyMode } from '../../objects/proxy-mode.ts';

const FABRIC = ['veth', 'vxlan', 'br_netfilter', 'nf_conntrack_netlink'];
const IPTABLES = [
  ...['iptable_nat', 'iptable_filter', 'iptable_mangle'],
  ...['xt_comment', 'xt_conntrack', 'xt_mark', 'xt_MASQUERADE', 'xt_addrtype', 'xt_nat', 'xt_tcpudp', 'ipt_REJECT'],
];
const BY_MODE: Readonly<Record<ProxyMode, readonly string[]>> = {
  iptables: ['xt_statistic', 'xt_recent', 'nfnetlink_acct', 'xt_nfacct'],
  userspace: [],
  nftables: [],
  ipvs: [
    ...['ip_vs', 'ip_vs_rr', 'dummy', 'xt_set'],
    ...['ip', 'ipport', 'ipportip', 'ipportnet'].map((type) => `ip_set_hash_${type}`),
    'ip_set_bitmap_port',
  ],
};

/** Names, without those they need themselves. */
export function modulesOf(mode: ProxyMode): string[] {
  return [...FABRIC, ...IPTABLES, ...BY_MODE[mode]];
}
