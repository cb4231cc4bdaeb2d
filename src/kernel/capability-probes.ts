/**
 * What a lab may want of this host, and how each thing is tried: by doing it, with one command in a scratch namespace,
 * since version numbers and configuration files say less than an attempt. A table; `capabilities.ts` runs it.
 */
import { existsSync } from 'node:fs';
import type { Invocation } from './invocation.ts';
import { kernelHasIpv6 } from './ipv6.ts';
import { trySctp } from './libc.ts';

export interface Probe {
  readonly id: string;
  readonly title: string;
  /** The parts of podwire that need it. */
  readonly neededBy: string;
  /** Without it there is no lab at all. */
  readonly required?: true;
  /** A command that succeeds where the host can do it. */
  readonly command?: Invocation;
  /**
   * A check within the scratch namespace, where there is no command or its tool is not installed. Gives the reason why
   * not.
   */
  readonly check?: () => string | undefined;
  /** The kernel's part, for the remedy: its module and its configuration option. */
  readonly kernel?: { readonly module: string; readonly option: string };
  /** What to do, where neither a package nor a module is the answer. */
  readonly remedy?: string;
  /** Runs outside the scratch namespace, as this user (1) or as an ordinary one (`nobody`). */
  readonly outside?: 'own user' | 'nobody';
}

const add = (kind: string): Invocation => ({
  argv: ['ip', 'link', 'add', 'name', `try-${kind.split(' ')[0]!}`, 'type', ...kind.split(' ')],
});
const qdisc = (...kind: string[]): Invocation => ({ argv: ['tc', 'qdisc', 'replace', 'dev', 'lo', 'root', ...kind] });

/** What kube-proxy and flannel write. */
const IPTABLES = `*nat
:TRY - [0:0]
-A TRY -m comment --comment "try" -m statistic --mode random --probability 0.5 -j RETURN
-A TRY -m addrtype --dst-type LOCAL -m mark ! --mark 0x4000/0x4000 -j MARK --xor-mark 0x4000
-A TRY -j MASQUERADE --random-fully
COMMIT
*filter
:TRY - [0:0]
-A TRY -m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT
-A TRY -j REJECT
COMMIT
`;
const AFFINITY = '*filter\n:TRY - [0:0]\n-A TRY -m recent --name try --rcheck --seconds 10 --reap -j ACCEPT\nCOMMIT\n';
const NFT = `table ip try {
  map ips { type ipv4_addr . inet_proto . inet_service : verdict; }
  chain endpoint { meta l4proto tcp dnat to 10.0.0.1:80; }
  chain service { numgen random mod 2 vmap { 0 : goto endpoint, 1 : goto endpoint }; }
  chain nat { type nat hook prerouting priority dstnat; ip daddr . meta l4proto . th dport vmap @ips; }
}
`;

export const PROBES: readonly Probe[] = [
  {
    id: 'veth',
    title: 'veth pairs',
    neededBy: 'every lab',
    required: true,
    command: { argv: ['ip', 'link', 'add', 'name', 'try-a', 'type', 'veth', 'peer', 'name', 'try-b'] },
    kernel: { module: 'veth', option: 'CONFIG_VETH' },
  },
  {
    id: 'bridge',
    title: 'bridges',
    neededBy: 'every lab',
    required: true,
    command: add('bridge'),
    kernel: { module: 'bridge', option: 'CONFIG_BRIDGE' },
  },
  {
    id: 'br_netfilter',
    title: 'bridged traffic through iptables',
    neededBy: 'Services whose client and endpoint are pods of the same node',
    check: () =>
      existsSync('/proc/sys/net/bridge/bridge-nf-call-iptables')
        ? undefined
        : 'a new network namespace has no net.bridge.bridge-nf-call-iptables',
    kernel: { module: 'br_netfilter', option: 'CONFIG_BRIDGE_NETFILTER' },
  },
  {
    id: 'vxlan',
    title: 'VXLAN',
    neededBy: 'the flannel VXLAN overlay between nodes',
    required: true,
    command: add('vxlan id 1 dstport 8472 nolearning'),
    kernel: { module: 'vxlan', option: 'CONFIG_VXLAN' },
  },
  {
    id: 'ethtool',
    title: 'ethtool',
    neededBy: 'the flannel VXLAN overlay between nodes (checksum offload)',
    required: true,
    command: { argv: ['ethtool', '--version'] },
  },
  {
    id: 'iptables',
    title: 'iptables',
    neededBy: 'kube-proxy in mode iptables, flannel’s masquerading',
    required: true,
    command: { argv: ['iptables-restore', '--noflush'], stdin: IPTABLES },
    kernel: { module: 'xt_statistic', option: 'CONFIG_NETFILTER_XTABLES' },
  },
  {
    id: 'iptables-recent',
    title: 'iptables match "recent"',
    neededBy: 'sessionAffinity in mode iptables',
    command: { argv: ['iptables-restore', '--noflush'], stdin: AFFINITY },
    kernel: { module: 'xt_recent', option: 'CONFIG_NETFILTER_XT_MATCH_RECENT' },
  },
  {
    id: 'ipv6',
    title: 'IPv6',
    neededBy: 'IPv6 and dual-stack labs',
    check: () => (kernelHasIpv6() ? undefined : 'the kernel has no IPv6: booted with ipv6.disable=1, or built without'),
    kernel: { module: 'ipv6', option: 'CONFIG_IPV6' },
  },
  {
    id: 'ip6tables',
    title: 'ip6tables',
    neededBy: 'IPv6 and dual-stack labs (flannel’s masquerading, kube-proxy in mode iptables)',
    command: { argv: ['ip6tables-restore', '--noflush'], stdin: IPTABLES },
    kernel: { module: 'ip6table_nat', option: 'CONFIG_IP6_NF_NAT' },
  },
  {
    id: 'nftables',
    title: 'nftables',
    neededBy: 'kube-proxy in mode nftables',
    command: { argv: ['nft', '-f', '-'], stdin: NFT },
    kernel: { module: 'nf_tables', option: 'CONFIG_NF_TABLES' },
  },
  {
    id: 'conntrack',
    title: 'connection tracking, and its tool',
    neededBy: 'Services (every mode); removal of stale UDP entries',
    required: true,
    command: { argv: ['conntrack', '-C'] },
    kernel: { module: 'nf_conntrack_netlink', option: 'CONFIG_NF_CT_NETLINK' },
  },
  {
    id: 'nfacct',
    title: 'named packet counters, and their tool',
    neededBy: 'two metrics of kube-proxy in mode iptables, and the rules that feed them',
    command: { argv: ['nfacct', 'add', 'try'] },
    kernel: { module: 'xt_nfacct', option: 'CONFIG_NETFILTER_XT_MATCH_NFACCT' },
  },
  {
    id: 'ipset',
    title: 'ipset',
    neededBy: 'kube-proxy in mode ipvs',
    command: { argv: ['ipset', 'restore'], stdin: 'create try hash:ip,port\n' },
    kernel: { module: 'ip_set', option: 'CONFIG_IP_SET' },
  },
  {
    id: 'ipvs',
    title: 'IPVS',
    neededBy: 'kube-proxy in mode ipvs',
    command: { argv: ['ipvsadm', '-A', '-t', '127.0.0.1:1', '-s', 'rr'] },
    check: () => (existsSync('/proc/net/ip_vs') ? undefined : 'the kernel has no IPVS (no /proc/net/ip_vs)'),
    kernel: { module: 'ip_vs', option: 'CONFIG_IP_VS' },
  },
  {
    id: 'dummy',
    title: 'dummy interfaces',
    neededBy: 'kube-proxy in mode ipvs (kube-ipvs0)',
    command: add('dummy'),
    kernel: { module: 'dummy', option: 'CONFIG_DUMMY' },
  },
  {
    id: 'vrf',
    title: 'VRF interfaces',
    neededBy: 'layer 3 pod networks',
    command: add('vrf table 10'),
    kernel: { module: 'vrf', option: 'CONFIG_NET_VRF' },
  },
  {
    id: 'netem',
    title: 'delay and loss on links (netem)',
    neededBy: 'link faults with delay, loss or reordering',
    command: qdisc('netem', 'delay', '1ms'),
    kernel: { module: 'sch_netem', option: 'CONFIG_NET_SCH_NETEM' },
  },
  {
    id: 'tbf',
    title: 'rate limits on links (tbf)',
    neededBy: 'link faults with a rate, bandwidth annotations',
    command: qdisc('tbf', 'rate', '1mbit', 'burst', '32kbit', 'latency', '400ms'),
    kernel: { module: 'sch_tbf', option: 'CONFIG_NET_SCH_TBF' },
  },
  {
    id: 'sctp',
    title: 'SCTP',
    neededBy: 'Services and pods that speak SCTP',
    check: () => reasonOf(trySctp),
    kernel: { module: 'sctp', option: 'CONFIG_IP_SCTP' },
  },
  {
    id: 'tun',
    title: 'TUN interfaces',
    neededBy: 'real flannel or VPN programs in a lab',
    command: { argv: ['ip', 'tuntap', 'add', 'try-tun', 'mode', 'tun'] },
    kernel: { module: 'tun', option: 'CONFIG_TUN' },
  },
  {
    id: 'tcpdump',
    title: 'tcpdump',
    neededBy: 'trace, capture, scenarios that show packets',
    command: { argv: ['tcpdump', '-i', 'any', '-y', 'LINUX_SLL2', '-d', 'icmp'] },
  },
  {
    id: 'overlayfs',
    title: 'overlay file systems',
    neededBy: 'pods that run programs of this host',
    required: true,
    command: {
      argv: ['unshare', '--mount', 'sh', '-ec'].concat(
        'mount -t tmpfs tmpfs /mnt; mkdir /mnt/u /mnt/w; mount -t overlay o -o lowerdir=/,upperdir=/mnt/u,workdir=/mnt/w /mnt',
      ) as [string, ...string[]],
    },
    kernel: { module: 'overlay', option: 'CONFIG_OVERLAY_FS' },
  },
  {
    id: 'user-namespaces',
    title: 'user namespaces for ordinary users',
    neededBy: 'rootless labs',
    outside: 'nobody',
    command: { argv: ['unshare', '--user', '--map-root-user', '--net', '--mount', 'true'] },
    remedy:
      'sysctl -w kernel.unprivileged_userns_clone=1 kernel.apparmor_restrict_unprivileged_userns=0 (those that exist)',
  },
  {
    id: 'kubectl',
    title: 'kubectl',
    neededBy: 'podwire kubectl, scenarios that apply manifests',
    outside: 'own user',
    command: { argv: ['kubectl', 'version', '--client', '--output=json'] },
    remedy:
      'install kubectl from https://kubernetes.io/docs/tasks/tools/ (Debian: apt-get install -y kubernetes-client)',
  },
  {
    id: 'haproxy',
    title: 'HAProxy',
    neededBy: 'Ingress; Services of type LoadBalancer (without it the kernel balances them)',
    outside: 'own user',
    command: { argv: ['haproxy', '-v'] },
  },
  {
    id: 'uml',
    title: 'User-mode Linux',
    neededBy: 'a lab in a kernel of its own (--kernel uml)',
    outside: 'own user',
    command: { argv: ['linux.uml', '--version'] },
  },
];

/** What can be asked about; the first two are what the others are tried with (`capabilities.ts`). */
export const CAPABILITY_IDS: readonly string[] = ['root', 'netns', ...PROBES.map(({ id }) => id)];

function reasonOf(action: () => void): string | undefined {
  try {
    action();
    return undefined;
  } catch (error) {
    return (error as Error).message;
  }
}
