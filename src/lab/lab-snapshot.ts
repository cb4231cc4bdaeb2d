/** One picture of the whole lab at one moment: what `status -o json` prints and the TUI draws. */
export interface LabSnapshot {
  readonly name: string;
  /** `uml`: the lab stands in User-mode Linux. */
  readonly kernel: 'host' | 'uml';
  readonly createdAt: string;
  readonly kubernetesVersion: string;
  /** As the lab file has it: `10.244.0.0/16`, `10.244.0.0/16,fd00:10:244::/56`. */
  readonly podSubnet: string;
  readonly serviceSubnet: string;
  readonly nodes: readonly NodeSnapshot[];
  readonly hosts: readonly HostSnapshot[];
  readonly pods: readonly PodSnapshot[];
  readonly services: readonly ServiceSnapshot[];
  /** How long each part of `up` took, in milliseconds, in order. */
  readonly timings: readonly { readonly part: string; readonly ms: number }[];
  readonly warnings: readonly string[];
}

export interface NodeSnapshot {
  readonly name: string;
  readonly role: 'control-plane' | 'worker';
  readonly netns: string;
  /** The first of `ips`, which are one per family, the cluster's primary first. */
  readonly ip: string;
  readonly ips: readonly string[];
  readonly podCIDR: string;
  readonly podCIDRs: readonly string[];
  readonly ready: boolean;
  readonly proxy: {
    readonly mode: string;
    /** Why it is not the mode asked for. */
    readonly obstacle?: string;
    /** Of mode ipvs. */
    readonly scheduler?: string;
    /** A former mode, and how many connections still go by what it has left; absent: none. */
    readonly departing?: { readonly mode: string; readonly connections: number };
    /** It does not run: its rules stand and follow nothing. */
    readonly stopped?: boolean;
    readonly synced: boolean;
    readonly generation: number;
  };
}

/** A host of the fabric that is no node: the outside client, the gateway, hosts of the lab file. */
export interface HostSnapshot {
  readonly name: string;
  readonly netns: string;
  readonly ip: string;
  readonly ips: readonly string[];
}

export interface PodSnapshot {
  readonly namespace: string;
  readonly name: string;
  readonly node: string;
  readonly ip: string;
  readonly ips: readonly string[];
  readonly phase: string;
  readonly ready: boolean;
  readonly restarts: number;
  readonly netns: string;
}

export interface ServiceSnapshot {
  readonly namespace: string;
  readonly name: string;
  readonly type: string;
  readonly clusterIP: string;
  readonly clusterIPs: readonly string[];
  /** `80:30078/TCP`, as kubectl prints it. */
  readonly ports: readonly string[];
  /** `ip:port` of the ready endpoints. */
  readonly endpoints: readonly string[];
}
