/** What kube-proxy's options are where nothing is said of them: kube-proxy's own defaults, and a lab's, which are kind's. */
import type { ProxyOptions } from './schema.ts';

/** Where the two differ; durations as Go writes them. */
export interface OptionDefaults {
  readonly minSyncPeriod: string;
  readonly maxPerCore: number;
  readonly tcpEstablishedTimeout: string;
  readonly tcpCloseWaitTimeout: string;
}

export const KUBE_PROXY_DEFAULTS: OptionDefaults = {
  minSyncPeriod: '1s',
  maxPerCore: 32_768,
  tcpEstablishedTimeout: '24h',
  tcpCloseWaitTimeout: '1h',
};

/**
 * As kind has it, connection tracking is left as the kernel has it; and changes are taken at once (0 would mean kube-proxy's second).
 */
export const LAB_DEFAULTS: OptionDefaults = {
  minSyncPeriod: '1ns',
  maxPerCore: 0,
  tcpEstablishedTimeout: '0s',
  tcpCloseWaitTimeout: '0s',
};

const PERIODS = { syncPeriod: 30_000, minSyncPeriod: 1e-6 };
const BACKEND = { masqueradeAll: false, masqueradeBit: 14, ...PERIODS };

/** What the schema makes of a lab file that says nothing of kube-proxy, for a start without schema. */
export const LAB_OPTIONS: ProxyOptions = {
  clusterCIDR: '',
  detectLocalMode: '',
  detectLocal: { bridgeInterface: '', interfaceNamePrefix: '' },
  nodePortAddresses: [],
  iptables: { ...BACKEND, localhostNodePorts: true },
  nftables: BACKEND,
  ipvs: {
    ...{ scheduler: '', strictARP: false, excludeCIDRs: [] },
    ...{ syncPeriod: 30_000, minSyncPeriod: 0, tcpTimeout: 0, tcpFinTimeout: 0, udpTimeout: 0 },
  },
  conntrack: {
    ...{ maxPerCore: 0, min: 131_072, tcpBeLiberal: false, tcpEstablishedTimeout: 0, tcpCloseWaitTimeout: 0 },
    ...{ udpTimeout: 0, udpStreamTimeout: 0 },
  },
  healthzBindAddress: '',
  metricsBindAddress: '',
  bindAddress: '',
};
