/** Sets a node's connection tracking as kube-proxy is configured; decides nothing (conntrack-settings.ts does). */
import { availableParallelism } from 'node:os';
import { conntrackMax, conntrackSysctls } from './conntrack-settings.ts';
import type { KubeProxyOptions } from './kube-proxy-options.ts';
import type { ProxyReports } from './proxy-reports.ts';

/** What belongs to the node's namespace is set; the largest number of flows is the machine's, and is told. */
export async function setConntrack(options: KubeProxyOptions, reports: ProxyReports): Promise<void> {
  const { config, kernel, netns, nodeName, log } = options;
  if (config === undefined) return;
  const values = conntrackSysctls(config.conntrack);
  if (Object.keys(values).length > 0) await kernel.run(netns, [{ tool: 'sysctl', values, optional: true }]);
  const max = conntrackMax(config.conntrack, availableParallelism());
  if (max === undefined) return;
  const message = `nf_conntrack_max cannot be set to ${max} (maxPerCore, min): it belongs to the machine, not to the network namespace of ${nodeName}`;
  log.warn(message, { node: nodeName });
  reports.warnAboutNode('ConntrackLimitNotSet', message);
}
