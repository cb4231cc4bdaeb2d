/**
 * A kube-proxy's configuration under the names and in the form of KubeProxyConfiguration (kubeproxy.config.k8s.io/v1alpha1): every
 * field that it goes by, written out. Pure.
 */
import { hostPort, wildcardFor } from '../net/host-port.ts';
import type { ProxyMode } from '../objects/proxy-mode.ts';
import { formatDuration } from './go-duration.ts';
import type { BackendConfig, ProxyConfig } from './proxy-config.ts';

export type PublishedValue = string | number | boolean | readonly string[] | { readonly [key: string]: PublishedValue };

/** What a configuration leaves to where it runs. */
export interface ConfigPlace {
  readonly mode: ProxyMode;
  /** The pods' networks. */
  readonly clusterCIDRs: readonly string[];
  readonly nodeIPs: readonly string[];
}

/** In the order kubeadm's own text has: the alphabet's. */
export function publishedConfig(
  config: ProxyConfig,
  { mode, clusterCIDRs, nodeIPs }: ConfigPlace,
): { readonly [key: string]: PublishedValue } {
  const { conntrack, ipvs } = config;
  const wildcard = wildcardFor(nodeIPs);
  const seconds = (value: number) => formatDuration(value * 1000);
  return {
    apiVersion: 'kubeproxy.config.k8s.io/v1alpha1',
    bindAddress: wildcard,
    clusterCIDR: (config.clusterCIDRs.length > 0 ? config.clusterCIDRs : clusterCIDRs).join(','),
    conntrack: {
      maxPerCore: conntrack.maxPerCore,
      min: conntrack.min,
      tcpBeLiberal: conntrack.tcpBeLiberal,
      tcpCloseWaitTimeout: formatDuration(conntrack.tcpCloseWaitTimeoutMs),
      tcpEstablishedTimeout: formatDuration(conntrack.tcpEstablishedTimeoutMs),
      udpStreamTimeout: formatDuration(conntrack.udpStreamTimeoutMs),
      udpTimeout: formatDuration(conntrack.udpTimeoutMs),
    },
    detectLocal: { bridgeInterface: config.bridgeInterface, interfaceNamePrefix: config.interfaceNamePrefix },
    detectLocalMode: config.detectLocalMode,
    healthzBindAddress: config.healthzBindAddress || hostPort(wildcard, 10_256),
    iptables: { localhostNodePorts: config.localhostNodePorts, ...backend(config.iptables) },
    ipvs: {
      excludeCIDRs: ipvs.excludeCIDRs,
      minSyncPeriod: formatDuration(ipvs.minSyncPeriodMs),
      scheduler: ipvs.scheduler,
      strictARP: ipvs.strictARP,
      syncPeriod: formatDuration(ipvs.syncPeriodMs),
      tcpFinTimeout: seconds(ipvs.tcpFinTimeout),
      tcpTimeout: seconds(ipvs.tcpTimeout),
      udpTimeout: seconds(ipvs.udpTimeout),
    },
    kind: 'KubeProxyConfiguration',
    metricsBindAddress: config.metricsBindAddress || '127.0.0.1:10249',
    mode,
    nftables: backend(config.nftables),
    nodePortAddresses: config.nodePortAddresses,
  };
}

function backend({ masqueradeAll, masqueradeBit, minSyncPeriodMs, syncPeriodMs }: BackendConfig) {
  return {
    masqueradeAll,
    masqueradeBit,
    minSyncPeriod: formatDuration(minSyncPeriodMs),
    syncPeriod: formatDuration(syncPeriodMs),
  };
}
