/** What the lab gives a kubelet. One kubelet a node; the container runtime and its pods process are the lab's. */
import type { Kernel, Netns } from '../kernel/kernel.ts';
import type { Logger } from '../objects/component.ts';
import type { Transport } from '../objects/transport.ts';
import type { PodNetworkSeam } from './pod-network-seam.ts';
import type { ContainerRuntime } from './runtime/container-runtime.ts';

export interface KubeletOptions {
  /** The Node's name; the object exists already, the kubelet keeps its status. */
  readonly node: string;
  /** The node's namespace: probes start in it, hostNetwork pods live in it. */
  readonly netns: Netns;
  /** One per family, the primary first. */
  readonly nodeIps: readonly string[];
  /** Over a real connection opened in the node's namespace. */
  readonly transport: Transport;
  /** The token by which the kubelet's own server knows the API server. */
  readonly apiCredential: string;
  readonly kernel: Kernel;
  readonly podNetwork: PodNetworkSeam;
  readonly runtime: ContainerRuntime;
  readonly log: Logger;
  /** The lab's own, absolute: volumes of pods lie in `pods/UID/`. Removed with the lab. */
  readonly directory: string;
  /** `10.96.0.10`. */
  readonly clusterDns: string;
  /** `cluster.local`. */
  readonly clusterDomain: string;
  /** The node's own resolv.conf, for dnsPolicy Default. */
  readonly resolverConfig: string;
  /** Pods the node takes; Kubernetes' default is 110. */
  readonly maxPods?: number;
  /** How often volumes of running pods are brought up to date; Kubernetes' default is a minute. */
  readonly volumeSyncMs?: number;
  /** Life of the node's Lease, renewed four times as often; Kubernetes' default is 40. */
  readonly leaseSeconds?: number;
}
