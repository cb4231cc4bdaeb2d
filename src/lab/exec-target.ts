/** Where something of the lab stands, and how a program is started there. */

export interface ExecTarget {
  /** As `ip netns` lists it. */
  readonly netns: string;
  /** The command line that starts the program there. */
  readonly argv: readonly [string, ...string[]];
  /** The program's whole environment; absent: the caller's own. */
  readonly env?: Readonly<Record<string, string>>;
}

/**
 * A program on a node or fabric host. `ip netns exec` mounts a /sys of the namespace's own, so that programs that read
 * /sys/class/net (brctl) see the node's devices and not the host's; env gives a shell's 126 and 127 for one that cannot start.
 */
export function onHost(netns: string, argv: readonly string[]): ExecTarget {
  return { netns, argv: ['ip', 'netns', 'exec', netns, 'env', '--', ...argv] };
}
