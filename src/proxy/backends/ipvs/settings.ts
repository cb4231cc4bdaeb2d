/** Kernel parameters of a node in mode ipvs (pkg/proxy/ipvs/proxier.go, NewProxier). Written once, before any virtual server. */
import type { Batch } from '../../../kernel/kernel.ts';
import type { ProxyFacts } from '../backend.ts';
import { kernelVersion } from '../kernel-version.ts';

/** `--proxy-mode ipvs` as sysctls, and timeouts where the configuration has some. */
export function settingsBatches({ ipvs, kernelRelease }: ProxyFacts): Batch[] {
  const { tcpTimeout, tcpFinTimeout, udpTimeout } = ipvs;
  const values: Record<string, number> = {
    // Connections are in conntrack too, so that iptables can masquerade them.
    'net.ipv4.vs.conntrack': 1,
    ...(mustNotReuse(kernelRelease) ? { 'net.ipv4.vs.conn_reuse_mode': 0 } : {}),
    // What went to a real server that is gone goes to another, or is refused, instead of vanishing.
    'net.ipv4.vs.expire_nodest_conn': 1,
    // A client that sticks to a real server of weight 0 is let go.
    'net.ipv4.vs.expire_quiescent_template': 1,
    'net.ipv4.ip_forward': 1,
    // The node does not answer ARP for addresses that only kube-ipvs0 has.
    ...(ipvs.strictARP ? { 'net.ipv4.conf.all.arp_ignore': 1, 'net.ipv4.conf.all.arp_announce': 2 } : {}),
  };
  const batches: Batch[] = [{ tool: 'sysctl', values }];
  // 0 leaves the kernel's own.
  if (tcpTimeout + tcpFinTimeout + udpTimeout > 0)
    batches.push({ tool: 'command', argv: ['ipvsadm', '--set', `${tcpTimeout}`, `${tcpFinTimeout}`, `${udpTimeout}`] });
  return batches;
}

/**
 * Before 5.9 a client's port that was used again too soon met a closing connection and waited a second (kubernetes#93297);
 * before 4.1 there is no such parameter.
 */
function mustNotReuse(release: string): boolean {
  const version = kernelVersion(release);
  return version >= kernelVersion('4.1') && version < kernelVersion('5.9');
}
