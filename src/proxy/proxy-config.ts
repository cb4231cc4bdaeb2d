/**
 * What of a KubeProxyConfiguration (kubeproxy.config.k8s.io/v1alpha1) a kube-proxy of the lab goes by, durations in milliseconds.
 * Plain data: it is part of a lab's plan.
 */
import { cidrContains, cidrOf, cidrsOverlap, parseCidr } from '../net/cidr.ts';
import { parseIp } from '../net/ip.ts';
import type { ProxyMode } from '../objects/proxy-mode.ts';
import type { IpvsOptions, LocalTraffic, ProxyFacts } from './backends/backend.ts';

const LOOPBACK = cidrOf('127.0.0.0/8');

export type DetectLocalMode = 'ClusterCIDR' | 'NodeCIDR' | 'BridgeInterface' | 'InterfaceNamePrefix';

/** What the sections of the backends have in common. */
export interface BackendConfig {
  readonly masqueradeAll: boolean;
  readonly masqueradeBit: number;
  readonly syncPeriodMs: number;
  /** Least time between two syncs. */
  readonly minSyncPeriodMs: number;
}

export interface ConntrackConfig {
  readonly maxPerCore: number;
  readonly min: number;
  readonly tcpBeLiberal: boolean;
  readonly tcpEstablishedTimeoutMs: number;
  readonly tcpCloseWaitTimeoutMs: number;
  readonly udpTimeoutMs: number;
  readonly udpStreamTimeoutMs: number;
}

export interface ProxyConfig {
  readonly clusterCIDRs: readonly string[];
  readonly detectLocalMode: DetectLocalMode;
  readonly bridgeInterface: string;
  readonly interfaceNamePrefix: string;
  /** Blocks, or `primary` alone; empty: the mode's own default. */
  readonly nodePortAddresses: readonly string[];
  readonly localhostNodePorts: boolean;
  readonly iptables: BackendConfig;
  readonly nftables: BackendConfig;
  readonly ipvs: Pick<BackendConfig, 'syncPeriodMs' | 'minSyncPeriodMs'> & IpvsOptions;
  readonly conntrack: ConntrackConfig;
  /** `IP:PORT`; empty: kube-proxy's port of all addresses, or of loopback. */
  readonly healthzBindAddress: string;
  readonly metricsBindAddress: string;
}

/** The section a mode goes by; kube-proxy's ipvs takes its masquerading from the one of iptables. */
export function backendConfig(config: ProxyConfig, mode: ProxyMode): BackendConfig {
  if (mode === 'nftables') return config.nftables;
  return mode === 'ipvs' ? { ...config.iptables, ...config.ipvs } : config.iptables;
}

/** How this node's pods are told apart; `podCIDRs`: the node's own blocks. */
export function localTrafficOf(
  config: ProxyConfig,
  family: ProxyFacts['family'],
  podCIDRs: readonly string[],
): LocalTraffic | undefined {
  const ofFamily = (cidrs: readonly string[]): LocalTraffic | undefined => {
    const cidr = cidrs.find((text) => parseCidr(text)?.family === family);
    return cidr === undefined ? undefined : { by: 'cidr', cidr };
  };
  switch (config.detectLocalMode) {
    case 'ClusterCIDR':
      return ofFamily(config.clusterCIDRs);
    case 'NodeCIDR':
      return ofFamily(podCIDRs);
    case 'BridgeInterface':
      return { by: 'interface', device: config.bridgeInterface };
    case 'InterfaceNamePrefix':
      return { by: 'interface', device: `${config.interfaceNamePrefix}+` };
  }
}

/** True when which addresses answer node ports hangs on the addresses the node has. */
export function choosesNodePortsByBlock({ nodePortAddresses: [first] }: ProxyConfig): boolean {
  return first !== undefined && first !== 'primary';
}

/** The facts as the configuration has them in a mode; `addresses`: those the node has of the family, but for loopback. */
export function configuredFacts(
  facts: ProxyFacts,
  mode: ProxyMode,
  config: ProxyConfig,
  addresses: readonly string[] = [facts.nodeIP],
): ProxyFacts {
  const { masqueradeAll, masqueradeBit } = backendConfig(config, mode);
  const localhostNodePorts =
    facts.localhostNodePorts && config.localhostNodePorts && hasLoopback(config.nodePortAddresses);
  const candidates = [...addresses, ...(localhostNodePorts && facts.family === 4 ? ['127.0.0.1'] : [])];
  const nodePortIPs = nodePortIPsOf(facts, config, candidates) ?? facts.nodePortIPs;
  return {
    ...facts,
    masqueradeAll,
    masqueradeBit,
    localhostNodePorts,
    nodePortIPs,
    conntrackTcpBeLiberal: config.conntrack.tcpBeLiberal,
  };
}

/** Whether node ports may be on 127.0.0.1 at all (upstream nodeport_addresses.go, ContainsIPv4Loopback). */
function hasLoopback(nodePortAddresses: readonly string[]): boolean {
  if (nodePortAddresses[0] === 'primary') return false;
  const blocks = nodePortAddresses.map(cidrOf).filter(({ family }) => family === 4);
  return blocks.length === 0 || blocks.some((block) => cidrsOverlap(block, LOOPBACK));
}

/** Undefined: all. A block of the other family alone restricts nothing (upstream nodeport_addresses.go, NewNodePortAddresses). */
function nodePortIPsOf(
  { nodeIP, family }: ProxyFacts,
  { nodePortAddresses }: ProxyConfig,
  candidates: readonly string[],
): readonly string[] | undefined {
  if (nodePortAddresses.length === 0) return undefined;
  if (nodePortAddresses[0] === 'primary') return [nodeIP];
  const blocks = nodePortAddresses.map(cidrOf).filter((block) => block.family === family);
  if (blocks.length === 0 || blocks.some(({ prefix }) => prefix === 0)) return undefined;
  return candidates.filter((ip) => blocks.some((block) => cidrContains(block, parseIp(ip)!)));
}
