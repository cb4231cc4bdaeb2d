/**
 * Chains and jumps that two backends have in common by name (KUBE-SERVICES, KUBE-POSTROUTING, …): the one that takes over
 * has filled them with its own rules, and the one that leaves must not take them away.
 */
export interface KeptRules {
  /** `nat KUBE-SERVICES` */
  readonly chains: ReadonlySet<string>;
  /** As `jumpKey` has them. */
  readonly jumps: ReadonlySet<string>;
}

export const NOTHING_KEPT: KeptRules = { chains: new Set(), jumps: new Set() };
