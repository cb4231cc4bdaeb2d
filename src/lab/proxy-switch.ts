/** Changes of kube-proxy, as they travel from the command line to the daemon and back. */
export interface ProxySwitch {
  readonly mode: string;
  /** Default: all nodes. */
  readonly node?: string | undefined;
  /** An error where the kernel cannot do the mode; default: as the lab was built. */
  readonly strict?: boolean | undefined;
  /** Of mode ipvs; default: the present one. */
  readonly scheduler?: string | undefined;
}

/** Whether kube-proxy runs. */
export interface ProxyRun {
  readonly is: 'running' | 'stopped';
  /** Default: all nodes. */
  readonly node?: string | undefined;
}

export interface SwitchedNode {
  readonly name: string;
  /** The mode it has now. */
  readonly mode: string;
  /** Why that is not the mode asked for. */
  readonly obstacle?: string;
  /** A former mode, and how many connections still go by what it has left. */
  readonly departing?: { readonly mode: string; readonly connections: number };
}
