/**
 * The protocol between the daemon (which decides) and the pods process (which holds the stand-ins' sockets). A stand-in
 * is named by its container's id. The daemon may die and come back: `list` tells it what still runs.
 */
import type { Netns } from '../../kernel/kernel.ts';

/** One stand-in to start: everything its server needs to know. */
export interface StandInSpec {
  readonly containerId: string;
  /** A key of the image table, or of the lab's extra stand-ins: `web`, `agnhost`, `banner`, `coredns`. */
  readonly kind: string;
  readonly netns: Netns;
  readonly pod: {
    /** Empty for a host of the fabric. */
    readonly namespace: string;
    readonly name: string;
    readonly uid: string;
    readonly node: string;
    /** One per family, the primary first. */
    readonly ips: readonly string[];
    readonly hostname: string;
  };
  readonly container: string;
  readonly image: string;
  /** The container's `args`, expanded. */
  readonly args: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  readonly ports: readonly { readonly port: number; readonly protocol: 'TCP' | 'UDP' | 'SCTP' }[];
  /** Of a stand-in that reads files: texts of the pod's own (`/etc/resolv.conf`, …). */
  readonly files: Readonly<Record<string, string>>;
  /** Of a stand-in that reads files: where its volumes lie on the host. */
  readonly mounts: readonly { readonly source: string; readonly target: string }[];
}

export interface LogLine {
  /** RFC 3339 with nanoseconds, as container runtimes write it. */
  readonly time: string;
  readonly stream: 'stdout' | 'stderr';
  readonly text: string;
}

export type ToPods =
  | { readonly op: 'start'; readonly standIns: readonly StandInSpec[] }
  /** SIGTERM: stop accepting, finish what runs, exit; after `graceMs` all is cut. */
  | { readonly op: 'stop'; readonly containerId: string; readonly graceMs: number }
  | { readonly op: 'list' }
  | { readonly op: 'logs'; readonly request: number; readonly containerId: string; readonly follow: boolean }
  | { readonly op: 'unfollow'; readonly request: number }
  /** Nobody will ask for the logs of this ended stand-in. */
  | { readonly op: 'forget'; readonly containerId: string }
  /** The answer to `exec`. */
  | { readonly op: 'executed'; readonly request: number; readonly exitCode: number; readonly output: string };

export type FromPods =
  | { readonly op: 'started'; readonly containerId: string }
  /** The end of a stand-in: it could not start (`error`), was stopped, or ended by itself (`/exit`). */
  | { readonly op: 'exited'; readonly containerId: string; readonly code: number; readonly error?: string }
  /** The answer to `list`; `ended` are those of whose end a former daemon may not have heard. */
  | {
      readonly op: 'running';
      readonly containerIds: readonly string[];
      readonly ended: readonly { readonly containerId: string; readonly code: number }[];
    }
  | { readonly op: 'lines'; readonly request: number; readonly lines: readonly LogLine[]; readonly end: boolean }
  /** A stand-in runs a command in its container (agnhost's `/shell`). */
  | {
      readonly op: 'exec';
      readonly request: number;
      readonly containerId: string;
      readonly command: readonly [string, ...string[]];
    };
