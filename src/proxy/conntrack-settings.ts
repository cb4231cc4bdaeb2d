/**
 * kube-proxy's settings of connection tracking (upstream cmd/kube-proxy/app/conntrack.go): timeouts and leniency belong to a network
 * namespace and are set; the largest number of flows belongs to the machine and can only be told. Pure.
 */
import type { ConntrackConfig } from './proxy-config.ts';

const NETFILTER = 'net.netfilter.nf_conntrack_';

/** Kernel parameters for the node's namespace; a timeout of 0 leaves the kernel's own. */
export function conntrackSysctls(config: ConntrackConfig): Record<string, number> {
  const timeouts: readonly [string, number][] = [
    ['tcp_timeout_established', config.tcpEstablishedTimeoutMs],
    ['tcp_timeout_close_wait', config.tcpCloseWaitTimeoutMs],
    ['udp_timeout', config.udpTimeoutMs],
    ['udp_timeout_stream', config.udpStreamTimeoutMs],
  ];
  return {
    ...(config.tcpBeLiberal ? { [`${NETFILTER}tcp_be_liberal`]: 1 } : {}),
    ...Object.fromEntries(
      timeouts.filter(([, ms]) => ms > 0).map(([name, ms]) => [`${NETFILTER}${name}`, Math.floor(ms / 1000)]),
    ),
  };
}

/** The flows kube-proxy would allow on a machine with so many cores; undefined: as many as there are. */
export function conntrackMax({ maxPerCore, min }: ConntrackConfig, cores: number): number | undefined {
  return maxPerCore > 0 ? Math.max(min, maxPerCore * cores) : undefined;
}
