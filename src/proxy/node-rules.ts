/** The rules of one node and family in the backend of a mode: the one place that knows every backend. */
import type { Kernel, Netns } from '../kernel/kernel.ts';
import type { ProxyMode } from '../objects/proxy-mode.ts';
import type { ServicePortViews } from '../objects/service-port-view.ts';
import type { ProxyFacts } from './backends/backend.ts';
import { iptablesBackend } from './backends/iptables/backend.ts';
import { ipvsBackend } from './backends/ipvs/backend.ts';
import { nftablesBackend } from './backends/nftables/backend.ts';
import { configuredFacts, type ProxyConfig } from './proxy-config.ts';
import { RuleSync, type SyncResult } from './rule-sync.ts';
import type { RelayAccess } from './userspace/relay-client.ts';
import { UserspaceRules } from './userspace/userspace-rules.ts';

/** A `RuleSync`, whatever its backend keeps as state. */
export type NodeRules = Pick<
  RuleSync<unknown>,
  | 'facts'
  | 'rules'
  | 'failure'
  | 'prepare'
  | 'check'
  | 'forget'
  | 'prepareToLeave'
  | 'stay'
  | 'retire'
  | 'retireLeft'
  | 'settle'
  | 'cleanup'
> & {
  sync(views: ServicePortViews): Promise<SyncResult>;
};

export interface RulePlace {
  readonly kernel: Kernel;
  readonly netns: Netns;
  /** Mode userspace alone needs them. */
  readonly relays?: RelayAccess | undefined;
  readonly config?: ProxyConfig | undefined;
}

/** Makes them; nothing is written yet. `addresses`: those the node has of the family, where they are known. */
export function nodeRules(
  mode: ProxyMode,
  { kernel, netns, relays, config }: RulePlace,
  facts: ProxyFacts,
  addresses?: readonly string[],
): NodeRules {
  const inMode = factsInMode(mode, config, facts, addresses);
  switch (mode) {
    case 'iptables':
      return new RuleSync(kernel, netns, iptablesBackend, inMode);
    case 'ipvs':
      return new RuleSync(kernel, netns, ipvsBackend, inMode);
    case 'nftables':
      return new RuleSync(kernel, netns, nftablesBackend, inMode);
    case 'userspace':
      if (relays === undefined) throw new Error('mode userspace needs a relay process');
      return new UserspaceRules(kernel, netns, inMode, relays);
  }
}

/**
 * What the backend of a mode goes by. kube-proxy's default in mode nftables: node ports on the node's primary address alone, and
 * never on loopback.
 */
export function factsInMode(
  mode: ProxyMode,
  config: ProxyConfig | undefined,
  facts: ProxyFacts,
  addresses?: readonly string[],
): ProxyFacts {
  const configured = config === undefined ? facts : configuredFacts(facts, mode, config, addresses);
  if (mode !== 'nftables') return configured;
  const isOpen = config === undefined || config.nodePortAddresses.length === 0;
  const nodePortIPs = configured.nodePortIPs ?? (isOpen ? [facts.nodeIP] : undefined);
  return { ...configured, nodePortIPs, localhostNodePorts: false };
}
