/** The options of kube-proxy, as written, made into what a kube-proxy goes by. Pure. */
import { hostPort } from '../../net/host-port.ts';
import { isIp } from '../../net/ip.ts';
import type { DetectLocalMode, ProxyConfig } from '../../proxy/proxy-config.ts';
import type { ProxyOptions } from './schema.ts';

const HEALTHZ_PORT = 10_256;
const METRICS_PORT = 10_249;

/** Checked options as plain data. */
export function normalised(options: ProxyOptions): ProxyConfig {
  const { iptables, nftables, ipvs, conntrack } = options;
  return {
    clusterCIDRs: options.clusterCIDR === '' ? [] : options.clusterCIDR.split(','),
    detectLocalMode: (options.detectLocalMode || 'ClusterCIDR') as DetectLocalMode,
    bridgeInterface: options.detectLocal.bridgeInterface,
    interfaceNamePrefix: options.detectLocal.interfaceNamePrefix,
    nodePortAddresses: options.nodePortAddresses,
    localhostNodePorts: iptables.localhostNodePorts,
    iptables: backend(iptables),
    nftables: backend(nftables),
    ipvs: {
      scheduler: ipvs.scheduler || 'rr',
      strictARP: ipvs.strictARP,
      excludeCIDRs: ipvs.excludeCIDRs,
      syncPeriodMs: ipvs.syncPeriod,
      minSyncPeriodMs: ipvs.minSyncPeriod,
      tcpTimeout: ipvs.tcpTimeout / 1000,
      tcpFinTimeout: ipvs.tcpFinTimeout / 1000,
      udpTimeout: ipvs.udpTimeout / 1000,
    },
    conntrack: {
      maxPerCore: conntrack.maxPerCore,
      min: conntrack.min,
      tcpBeLiberal: conntrack.tcpBeLiberal,
      tcpEstablishedTimeoutMs: conntrack.tcpEstablishedTimeout,
      tcpCloseWaitTimeoutMs: conntrack.tcpCloseWaitTimeout,
      udpTimeoutMs: conntrack.udpTimeout,
      udpStreamTimeoutMs: conntrack.udpStreamTimeout,
    },
    healthzBindAddress: withPort(options.healthzBindAddress, HEALTHZ_PORT),
    metricsBindAddress: withPort(options.metricsBindAddress, METRICS_PORT),
  };
}

/** kube-proxy takes an address alone, too. */
export function withPort(address: string, port: number): string {
  return isIp(address) ? hostPort(address, port) : address;
}

function backend({ masqueradeAll, masqueradeBit, syncPeriod, minSyncPeriod }: ProxyOptions['nftables']) {
  return { masqueradeAll, masqueradeBit, syncPeriodMs: syncPeriod, minSyncPeriodMs: minSyncPeriod };
}
