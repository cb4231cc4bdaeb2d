/** The rules of one node and family in the backend of a mode: the one place that knows every backend. */
import type { Kernel, Netns } from '../kernel/kernel.ts';
import type { ProxyMode } from '../objects/proxy-mode.ts';
import type { ProxyFacts } from './backends/backend.ts';
import { iptablesBackend } from './backends/iptables/backend.ts';
import { nftablesBackend } from './backends/nftables/backend.ts';
import { RuleSync } from './rule-sync.ts';

/** A `RuleSync`, whatever its backend keeps as state. */
export type NodeRules = Pick<
  RuleSync<unknown>,
  'facts' | 'rules' | 'prepare' | 'sync' | 'check' | 'forget' | 'cleanup'
>;

/** Makes them; nothing is written yet. */
export function nodeRules(mode: ProxyMode, kernel: Kernel, netns: Netns, facts: ProxyFacts): NodeRules {
  const inMode = modeFacts(mode, facts);
  return mode === 'nftables'
    ? new RuleSync(kernel, netns, nftablesBackend, inMode)
    : new RuleSync(kernel, netns, iptablesBackend, inMode);
}

/** kube-proxy's default in mode nftables: node ports on the node's primary address alone, and never on loopback. */
function modeFacts(mode: ProxyMode, facts: ProxyFacts): ProxyFacts {
  if (mode !== 'nftables') return facts;
  return { ...facts, nodePortIPs: facts.nodePortIPs ?? [facts.nodeIP], localhostNodePorts: false };
}
