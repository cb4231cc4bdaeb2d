/**
 * The kernel seam: the only door to the operating system. Planners produce `Batch`es (text a student could paste),
 * a `Kernel` runs them. `LinuxKernel` is the real one; `RecordingKernel` keeps the text for golden tests.
 */
import type { Socket as UdpSocket } from 'node:dgram';
import type { Server, Socket } from 'node:net';
import type { Readable, Writable } from 'node:stream';
import type { BridgeOp, IpOp } from './ops.ts';

/** One invocation of one tool, with its standard input. A batch stops at its first failing line. */
export type Batch =
  /** `ip -batch -`: links, addresses, routes, neighbours. */
  | { readonly tool: 'ip'; readonly ops: readonly IpOp[] }
  /** `bridge -batch -`: FDB entries, port flags. */
  | { readonly tool: 'bridge'; readonly ops: readonly BridgeOp[] }
  /** Kernel parameters of the namespace: dotted key → value. `optional` keys that do not exist are passed over. */
  | { readonly tool: 'sysctl'; readonly values: Readonly<Record<string, string | number>>; readonly optional?: boolean }
  /** `iptables-restore --noflush` (`ip6tables-restore` for family 6); text with `*table` … `COMMIT`. */
  | { readonly tool: 'iptables-restore'; readonly family: 4 | 6; readonly text: string }
  /** `nft -f -`. */
  | { readonly tool: 'nft'; readonly text: string }
  /** `ipset restore`. */
  | { readonly tool: 'ipset'; readonly text: string }
  /** `ipvsadm -R`. */
  | { readonly tool: 'ipvsadm'; readonly text: string }
  /** Any other one-shot command (`ethtool -K …`, `conntrack -D …`, `tc …`); `allowFailure` for "nothing to delete". */
  | { readonly tool: 'command'; readonly argv: readonly [string, ...string[]]; readonly allowFailure?: boolean };

/** A network namespace by the name `ip netns` lists; `''` is the namespace the program itself stands in. */
export type Netns = string;

export interface ReadResult {
  readonly stdout: string;
  readonly stderr: string;
  readonly exitCode: number;
}

export interface SpawnOptions {
  /** The whole environment; default: this process's own. */
  readonly env?: Readonly<Record<string, string>>;
  readonly cwd?: string;
  /** Raw file descriptors for stdin, stdout, stderr (a PTY's slave); default: pipes for all three. */
  readonly stdio?: readonly [
    number | 'pipe' | 'ignore',
    number | 'pipe' | 'ignore',
    number | 'pipe' | 'ignore',
    ...(number | 'pipe' | 'ignore' | 'ipc')[],
  ];
  /** Makes the process the leader of a new session, so that it survives its parent's terminal. */
  readonly detached?: boolean;
}

/** A process started by the lab. */
export interface KernelProcess {
  readonly pid: number;
  readonly stdin: Writable | null;
  readonly stdout: Readable | null;
  readonly stderr: Readable | null;
  /** Resolves when the process has ended and its output has been read. Never rejects. */
  readonly exited: Promise<{ readonly code: number | null; readonly signal: NodeJS.Signals | null }>;
  kill(signal?: NodeJS.Signals): void;
}

/** Sockets that live in a namespace although this one process holds them (setns; see docs/decisions). */
export interface NamespaceSockets {
  /** Makes `server` listen in `netns`. Resolves when bound; rejects with the usual EADDRINUSE and friends. */
  listen(netns: Netns, server: Server, address: { host: string; port: number }): Promise<void>;
  /** A UDP socket bound in `netns`. */
  bindUdp(netns: Netns, address: { host: string; port: number }): Promise<UdpSocket>;
  /** A TCP connection that starts in `netns`. Returns at once; 'connect' or 'error' follow. */
  connect(netns: Netns, address: { host: string; port: number }): Socket;
}

/** One command the lab gave the kernel, as it was run. */
export interface JournalEntry {
  /** Milliseconds since the epoch. */
  readonly at: number;
  readonly netns: Netns;
  readonly tool: Batch['tool'] | 'netns';
  /** The command line: `['ip', '-batch', '-']`. */
  readonly argv: readonly string[];
  /** Its standard input, where it has one. */
  readonly stdin?: string;
  /** It failed, or was allowed to: a script of the journal goes on behind it. */
  readonly mayFail?: boolean;
}

export interface Journal {
  append(entry: JournalEntry): void;
}

export interface Kernel {
  readonly sockets: NamespaceSockets;
  /** Makes named namespaces, `lo` up, IPv6 off unless asked for. One process for all of them. */
  createNamespaces(names: readonly Netns[], options?: { readonly ipv6?: boolean }): Promise<void>;
  /** Removes named namespaces; those that are gone already are passed over. */
  deleteNamespaces(names: readonly Netns[]): Promise<void>;
  /** The inode that identifies a namespace for as long as it lives. */
  namespaceInode(name: Netns): number;
  /** Runs batches in order. Throws `KernelError` at the first failing line. */
  run(netns: Netns, batches: readonly Batch[]): Promise<void>;
  /**
   * Runs a command that only reads state. A non-zero exit is returned, not thrown; a missing tool is a `KernelError`.
   */
  read(netns: Netns, argv: readonly [string, ...string[]], stdin?: string): Promise<ReadResult>;
  /** Starts a process in the namespace. */
  spawn(netns: Netns, argv: readonly [string, ...string[]], options?: SpawnOptions): KernelProcess;
  /**
   * Runs `action` synchronously with this thread inside `netns` (sync fs of /proc/net and /proc/sys follow the thread).
   */
  within<T>(netns: Netns, action: () => T): T;
  /**
   * A pseudo-terminal. `master` is read and written by us; `slave` becomes a process's stdio. The caller closes both.
   * Without a place it is one of the host's.
   */
  openPty(size: TerminalSize, place?: TerminalPlace): Pty;
  /** A duplicate of the master of a terminal that another process holds as `fd`. Errors as `borrowDescriptor`. */
  borrowPty(pid: number, fd: number): Pick<Pty, 'master' | 'resize'>;
  /** A real pipe (Node's own are sockets, and opening /dev/stdout fails on those). The caller closes both ends. */
  openPipe(): { readonly readEnd: number; readonly writeEnd: number };
  /** A duplicate of another process's open descriptor, which the caller closes. Throws ESRCH, EBADF, EPERM. */
  borrowDescriptor(pid: number, fd: number): number;
  /**
   * A descriptor (O_PATH, closed on exec, which the caller closes) of `path` below `directory`, reached without following a link.
   * Directories that are missing are made, with the mode of `directory`. Throws ELOOP, ENOTDIR; EXDEV for a way out.
   */
  openWithin(directory: string, path: string): number;
  /** Sends a signal to any process; false when there is none of that pid. */
  signal(pid: number, signal: NodeJS.Signals): boolean;
}

export interface TerminalSize {
  readonly columns: number;
  readonly rows: number;
}

/** A devpts of its own: mounted on `directory` (relative) below the root of the process `pid`. */
export interface TerminalPlace {
  readonly pid: number;
  readonly directory: string;
}

export interface Pty {
  readonly master: number;
  readonly slave: number;
  /** The slave's file in its devpts: `0`. */
  readonly name: string;
  resize(size: TerminalSize): void;
}
