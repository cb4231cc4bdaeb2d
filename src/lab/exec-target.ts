/** Where something of the lab stands, and how a program is started there. */

export interface ExecTarget {
  /** As `ip netns` lists it. */
  readonly netns: string;
  /** What stands before the program on the command line. */
  readonly argvPrefix: readonly [string, ...string[]];
}

/**
 * A node or fabric host. `ip netns exec` mounts a /sys of the namespace's own, so that programs that read /sys/class/net
 * (brctl, ethtool scripts) see the node's devices and not the host's.
 */
export function hostTarget(netns: string): ExecTarget {
  return { netns, argvPrefix: ['ip', 'netns', 'exec', netns] };
}
