/**
 * The ConfigMap kube-system/kube-proxy as kubeadm makes it (kubernetes/cmd/kubeadm/app/phases/addons/proxy/manifests.go): here it says
 * what the lab's kube-proxies run with, every field that they go by written out. Pure.
 */
import type { ConfigMap } from '../objects/wire.ts';
import { type PublishedValue, publishedConfig } from '../proxy/published-config.ts';
import type { LabPlan } from './plan-lab.ts';

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

function configOf({ proxyConfig, proxyMode, podSubnets, nodes }: LabPlan) {
  return publishedConfig(proxyConfig, { mode: proxyMode, clusterCIDRs: podSubnets, nodeIPs: nodes[0]?.ips ?? [] });
}

/** Block YAML; what a text could be taken for otherwise is in quotes. */
function yamlLines(values: { readonly [key: string]: PublishedValue }, indent = ''): string[] {
  return Object.entries(values).flatMap(([key, value]) => {
    if (Array.isArray(value))
      return value.length === 0
        ? [`${indent}${key}: []`]
        : [`${indent}${key}:`, ...value.map((item) => `${indent}- ${scalar(item)}`)];
    if (typeof value === 'object')
      return [`${indent}${key}:`, ...yamlLines(value as { readonly [key: string]: PublishedValue }, `${indent}  `)];
    return [`${indent}${key}: ${typeof value === 'string' ? scalar(value) : value}`];
  });
}

function scalar(text: string): string {
  const isPlain = /^[A-Za-z0-9][\w./,-]*(:\d+)?$/.test(text) && !/^(true|false|yes|no|on|off|y|n|null)$/i.test(text);
  return isPlain && Number.isNaN(Number(text)) ? text : JSON.stringify(text);
}
