/**
 * What scenarios, the TUI and the commands hold of a running lab. `connectLab` and `upLab` (open-lab.ts) make one; it
 * talks to the daemon over its socket and to the API over a real connection.
 */
import type { Kernel } from '../kernel/kernel.ts';
import type { Transport } from '../objects/transport.ts';
import type { LabSnapshot } from './lab-snapshot.ts';
import type { LinkChange, LinkState } from './link-state.ts';
import type { ProxySwitch, SwitchedNode } from './proxy-switch.ts';

export interface ExecResult {
  readonly exitCode: number;
  readonly stdout: string;
  readonly stderr: string;
}

export interface ExecOptions {
  readonly stdin?: string;
  readonly timeoutMs?: number;
  /** The pod's container; default: its first. */
  readonly container?: string;
}

export interface LabHandle {
  readonly name: string;
  /** Whose kernel it stands in. */
  readonly standsIn: LabSnapshot['kernel'];
  /** Path of the kubeconfig (mode 0600). */
  readonly kubeconfig: string;
  readonly transport: Transport;
  /** For observers only (captures, conntrack, look-ups): starts and reads programs in the lab's namespaces, outside the journal. */
  readonly kernel: Pick<Kernel, 'read' | 'spawn'>;
  snapshot(): Promise<LabSnapshot>;
  /** Calls `listener` with each new snapshot until the returned function is called. */
  subscribe(listener: (snapshot: LabSnapshot) => void): () => void;
  /** Runs a program where a node (`node-1`), a pod (`name` or `namespace/name`) or a fabric host (`client`, `gateway`) stands. */
  exec(target: string, argv: readonly [string, ...string[]], options?: ExecOptions): Promise<ExecResult>;
  /** The network namespace of a node, pod or fabric host, as `ip netns` lists it. */
  netnsOf(target: string): Promise<string>;
  kubectl(argv: readonly string[], stdin?: string): Promise<ExecResult>;
  /** Runs a program of this host, outside the lab's network; `kubectl` and `podwire` mean this lab there. */
  runHere(
    argv: readonly [string, ...string[]],
    options?: { readonly env?: Readonly<Record<string, string>>; readonly cwd?: string; readonly timeoutMs?: number },
  ): Promise<ExecResult>;
  /**
   * Changes the backend of kube-proxy on a node, or on all, and says what each has then. Throws a `LabError`; also where the
   * kernel cannot do it, unless `strict` is false.
   */
  switchProxyMode(mode: string, options?: Omit<ProxySwitch, 'mode'>): Promise<SwitchedNode[]>;
  /** Stops kube-proxy on a node, or on all (its rules stay), or starts it again; gives the nodes. Throws a `LabError`. */
  runKubeProxy(is: 'running' | 'stopped', node?: string): Promise<string[]>;
  /** Which of these capabilities (ids of `podwire check`) the kernel the lab stands in lacks: by id, why. */
  missing(ids: readonly string[]): Promise<Readonly<Record<string, string>>>;
  /** Every link of the lab and what is wrong with it. */
  links(): Promise<LinkState[]>;
  /** Cuts, heals or changes the link of a node, host or pod; resolves with its new state. Throws a `LabError`. */
  changeLink(target: string, change: LinkChange): Promise<LinkState>;
  /** Resolves when every write acknowledged before this call is in the rules of every node that is Ready. */
  programmed(timeoutMs?: number): Promise<void>;
  /** Removes the lab. */
  down(): Promise<void>;
  /** Lets go of the lab, which goes on running. */
  close(): void;
}
