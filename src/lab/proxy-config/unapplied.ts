/** Fields of a KubeProxyConfiguration that a lab does not go by: each that is set is told, with the reason. Pure. */
import type { ProxyOptions } from './schema.ts';

type Field = keyof ProxyOptions;

const WINDOWS = 'it is for Windows';
const ONE_PROCESS = 'the kube-proxies of a lab are parts of one process';
const REASONS: Partial<Record<Field, string>> = {
  bindAddressHardFail: 'a port that cannot be opened is told by an Event',
  clientConnection: 'each kube-proxy reaches the API from its node, with the lab’s own credentials',
  configSyncPeriod: 'watches are resumed, not listed anew',
  enableProfiling: ONE_PROCESS,
  featureGates: 'there are no gates: everything is as in 1.36 by default',
  hostnameOverride: 'each node has its own name',
  logging: 'the lab’s log is daemon.log in its folder',
  oomScoreAdj: ONE_PROCESS,
  portRange: 'it was the userspace proxy’s and was removed in 1.26; relays take any port',
  showHiddenMetricsForVersion: 'no metric is hidden',
  udpIdleTimeout: 'it was the userspace proxy’s and was removed in 1.26; relays keep to its default of 250ms',
  windowsRunAsService: WINDOWS,
  winkernel: WINDOWS,
};

/** One line for each such field. */
export function unappliedFields(config: ProxyOptions): string[] {
  const fields = Object.entries(REASONS).filter(([field]) => isSet(config[field as Field]));
  return fields.map(([field, reason]) => `kube-proxy's ${field} is not applied: ${reason}`);
}

/** What a file of kubeadm has without anybody's asking (empty texts, null, zeros) is not set. */
function isSet(value: unknown): boolean {
  if (typeof value === 'object' && value !== null) return Object.values(value).some(isSet);
  return (
    value !== undefined &&
    value !== null &&
    value !== '' &&
    value !== 0 &&
    value !== false &&
    value !== '0s' &&
    value !== '0'
  );
}
