/** What a kube-proxy is given, and the facts its backends make of it. */
import { release } from 'node:os';
import type { Kernel, Netns } from '../kernel/kernel.ts';
import { parseCidr } from '../net/cidr.ts';
import { parseIp } from '../net/ip.ts';
import type { Logger } from '../objects/component.ts';
import type { ProxyMode } from '../objects/proxy-mode.ts';
import type { Transport } from '../objects/transport.ts';
import { DEFAULT_IPVS, defaultFacts, type IpvsOptions, type ProxyFacts } from './backends/backend.ts';
import { localTrafficOf, type ProxyConfig } from './proxy-config.ts';
import type { RelayAccess } from './userspace/relay-client.ts';

export interface KubeProxyOptions {
  readonly nodeName: string;
  readonly netns: Netns;
  /** The node's addresses, one per IP family it has; their families are those that are proxied. */
  readonly nodeIPs: readonly string[];
  readonly transport: Transport;
  readonly kernel: Kernel;
  readonly mode: ProxyMode;
  /** The relay process, for mode userspace. */
  readonly relays?: RelayAccess;
  /** Ends `start` with kube-proxy's own error where the kernel cannot do `mode`, instead of falling back. */
  readonly strictMode?: boolean;
  readonly ipvs?: Partial<IpvsOptions>;
  /** Pod networks, one per family: traffic from elsewhere to a cluster IP is masqueraded. */
  readonly clusterCIDRs: readonly string[];
  /** The Service networks: mode nftables drops what goes to an address in them that no Service has. */
  readonly serviceCIDRs?: readonly string[];
  /** From kube-proxy's own configuration file; without one, its defaults. */
  readonly config?: ProxyConfig;
  /** The node's own blocks of the pod networks, for `detectLocalMode: NodeCIDR`. */
  readonly podCIDRs?: readonly string[];
  readonly log: Logger;
  readonly masqueradeAll?: boolean;
  /** How often to look whether rules are lost; kube-proxy's default is 30 s. */
  readonly checkPeriodMs?: number;
  /** How often to look whether a removed endpoint's connections have ended; kube-proxy's rsCheckDeleteInterval is a minute. */
  readonly drainPeriodMs?: number;
  /** False: no `/healthz` and no metrics (tests without sockets). */
  readonly serveHealth?: boolean;
}

/** One set of facts per family of the node. Throws a `RangeError` for what is no address. */
export function factsOf(options: KubeProxyOptions): ProxyFacts[] {
  return options.nodeIPs.map((nodeIP) => {
    const family = parseIp(nodeIP)?.family;
    if (family === undefined) throw new RangeError(`kube-proxy on ${options.nodeName}: not a node address: ${nodeIP}`);
    const { config, podCIDRs = [], clusterCIDRs } = options;
    const cidr = clusterCIDRs.find((text) => parseCidr(text)?.family === family);
    const byCidr = cidr === undefined ? undefined : ({ by: 'cidr', cidr } as const);
    // Without a clusterCIDR of its own the configuration means the lab's.
    const isOwn = config !== undefined && (config.detectLocalMode !== 'ClusterCIDR' || config.clusterCIDRs.length > 0);
    return defaultFacts({
      family,
      nodeIP,
      localTraffic: isOwn ? localTrafficOf(config, family, podCIDRs) : byCidr,
      serviceCIDRs: (options.serviceCIDRs ?? []).filter((text) => parseCidr(text)?.family === family),
      masqueradeAll: options.masqueradeAll ?? false,
      ipvs: { ...DEFAULT_IPVS, ...options.ipvs },
      kernelRelease: release(),
    });
  });
}
