/** What a stand-in is: a server for one container, with sockets in its pod's namespace. */
import type { NamespaceSockets } from '../../kernel/kernel.ts';
import type { StandInSpec } from './protocol.ts';

export interface StandInContext extends StandInSpec {
  readonly sockets: NamespaceSockets;
  /** The text of a file of the container: one of the pod's own, or in a volume. Throws as a program would be told. */
  readFile(path: string): string;
  /** A line of the container's log. */
  log(line: string, stream?: 'stdout' | 'stderr'): void;
  /** Ends the container by itself with this code. */
  exit(code: number): void;
  /** Runs a command in the container; resolves with its exit code and what it wrote. */
  exec(command: readonly [string, ...string[]]): Promise<{ exitCode: number; output: string }>;
}

export interface StandIn {
  /** Stops accepting at once, lets running requests finish; resolves when all is closed, at the latest after `graceMs`. */
  close(graceMs: number): Promise<void>;
}

/** Starts a stand-in; rejects when its sockets cannot be had (the port is taken). */
export type StandInFactory = (context: StandInContext) => Promise<StandIn>;
