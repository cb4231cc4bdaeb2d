/**
 * The ConfigMap kube-system/kube-proxy as kubeadm makes it (kubernetes/cmd/kubeadm/app/phases/addons/proxy/manifests.go): here it says
 * what the lab's kube-proxies run with, every field that they go by written out. Pure.
 */
import { hostPort, wildcardFor } from '../net/host-port.ts';
import type { ConfigMap } from '../objects/wire.ts';
import type { BackendConfig } from '../proxy/proxy-config.ts';
import type { LabPlan } from './plan-lab.ts';
import { formatDuration } from './proxy-config/duration.ts';

export const PROXY_CONFIG_MAP = { namespace: 'kube-system', name: 'kube-proxy' };
const KEY = 'config.conf';

export function proxyConfigMap(plan: LabPlan): ConfigMap {
  return {
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: { ...PROXY_CONFIG_MAP, labels: { app: 'kube-proxy' } },
    data: { [KEY]: `${yamlLines(configOf(plan)).join('\n')}\n` },
  };
}

/** The same with another mode; as it is where somebody has put something else there. */
export function withProxyMode(map: ConfigMap, mode: string, scheduler: string | undefined): ConfigMap {
  const text = map.data?.[KEY];
  if (text === undefined) return map;
  const moded = text.replace(/^mode: .*$/m, `mode: ${mode}`);
  const whole = scheduler === undefined ? moded : moded.replace(/^ {2}scheduler: .*$/m, `  scheduler: ${scheduler}`);
  return { ...map, data: { ...map.data, [KEY]: whole } };
}

type Value = string | number | boolean | readonly string[] | { readonly [key: string]: Value };

/** In the order kubeadm's own text has: the alphabet's. */
function configOf({ proxyConfig: config, proxyMode, podSubnets, nodes }: LabPlan): { readonly [key: string]: Value } {
  const { conntrack, ipvs } = config;
  const wildcard = wildcardFor(nodes[0]?.ips ?? []);
  const seconds = (value: number) => formatDuration(value * 1000);
  return {
    apiVersion: 'kubeproxy.config.k8s.io/v1alpha1',
    bindAddress: wildcard,
    clusterCIDR: (config.clusterCIDRs.length > 0 ? config.clusterCIDRs : podSubnets).join(','),
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
    mode: proxyMode,
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

/** Block YAML; what a text could be taken for otherwise is in quotes. */
function yamlLines(values: { readonly [key: string]: Value }, indent = ''): string[] {
  return Object.entries(values).flatMap(([key, value]) => {
    if (Array.isArray(value))
      return value.length === 0
        ? [`${indent}${key}: []`]
        : [`${indent}${key}:`, ...value.map((item) => `${indent}- ${scalar(item)}`)];
    if (typeof value === 'object')
      return [`${indent}${key}:`, ...yamlLines(value as { readonly [key: string]: Value }, `${indent}  `)];
    return [`${indent}${key}: ${typeof value === 'string' ? scalar(value) : value}`];
  });
}

function scalar(text: string): string {
  const isPlain = /^[A-Za-z0-9][\w./,-]*(:\d+)?$/.test(text) && !/^(true|false|yes|no|on|off|y|n|null)$/i.test(text);
  return isPlain && Number.isNaN(Number(text)) ? text : JSON.stringify(text);
}
