/**
 * What the kubelet asks of pod networking. The flannel lab's `PodNetwork` satisfies it; another CNI may. Calls come in
 * batches, so that a hundred pods that arrive at once cost a few kernel commands.
 */
import type { Netns } from '../kernel/kernel.ts';

export interface PodIdentity {
  readonly namespace: string;
  readonly name: string;
  readonly uid: string;
}

/** A pod's place in the network: its namespace outlives its containers, so that a restart keeps the address. */
export interface PodSandbox {
  readonly netns: Netns;
  /** One per family, the primary first. */
  readonly ips: readonly string[];
  /** It stood before this kubelet asked for it the first time; absent: it was made. */
  readonly stood?: boolean;
}

export interface PodNetworkSeam {
  /**
   * Gives each pod a namespace, an address and its wiring to the node; a pod that is wired already is left as it is
   * (adoption). Keys of the answer are uids. A pod that cannot be wired has its error in place of a sandbox.
   */
  attach(pods: readonly PodIdentity[]): Promise<ReadonlyMap<string, PodSandbox | Error>>;
  /** Removes namespaces and gives the addresses back. Pods that have none are passed over. */
  detach(pods: readonly PodIdentity[]): Promise<void>;
}
