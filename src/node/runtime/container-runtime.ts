/**
 * What the kubelet asks of the container runtime, whatever runs a container: a program of the host (confined) or a
 * stand-in of the pods process. Containers are instances: a restart makes a new one with a new id.
 */
import type { ExecSession } from '../../api/kubelet-connector.ts';
import type { Netns } from '../../kernel/kernel.ts';
import type { AppletAge } from '../standins/images.ts';
import type { LogLine } from '../standins/protocol.ts';

/** What a pod's containers share. */
export interface PodPlace {
  readonly namespace: string;
  readonly name: string;
  readonly uid: string;
  readonly node: string;
  readonly netns: Netns;
  /** One per family, the primary first. */
  readonly ips: readonly string[];
  readonly hostname: string;
  /** Texts of files every container of the pod finds: `/etc/resolv.conf`, `/etc/hosts`, `/etc/hostname`. */
  readonly files: Readonly<Record<string, string>>;
}

/** A directory of the host, made by the kubelet, that a container sees. */
export interface Mount {
  readonly source: string;
  /** What of it, where programs write to it and may put links: found when the container is made, made when it is missing. */
  readonly within?: string;
  /** Absolute, normalised. */
  readonly target: string;
  readonly readOnly: boolean;
}

export interface ContainerSpec {
  readonly name: string;
  readonly image: string;
  /** 64 hexadecimal digits. */
  readonly id: string;
  /** A program of the host, or the stand-in of that name. */
  readonly run:
    | { readonly argv: readonly [string, ...string[]] }
    | { readonly standIn: string; readonly args: readonly string[] };
  readonly env: Readonly<Record<string, string>>;
  readonly workingDir?: string;
  readonly ports: readonly { readonly port: number; readonly protocol: 'TCP' | 'UDP' | 'SCTP' }[];
  readonly mounts: readonly Mount[];
  /** Asked before a program runs beside a stand-in: resolves when the mounts' sources are whole. */
  readonly fillMounts?: () => Promise<void>;
  /** The file among the mounts that the container leaves its last words in. */
  readonly terminationFile?: string;
  /** Without the `CAP_` prefix, upper case. */
  readonly capabilities: readonly string[];
  readonly privileged: boolean;
  /** `groups`: further ones. */
  readonly user?: { readonly uid: number; readonly gid: number; readonly groups?: readonly number[] };
  /** No program it starts gets more rights than it has (setuid files do nothing). */
  readonly noNewPrivileges?: boolean;
  /** Its root file system cannot be written to; volumes can. */
  readonly readOnlyRoot?: boolean;
  /** Busybox's applets stand in `/.podwire/applets`: those of this age. */
  readonly applets?: AppletAge;
  /** Whose processes it shares: those of all containers of its pod, or of one of them. Absent: it has its own alone. */
  readonly processes?: { readonly of: 'pod' } | { readonly of: 'container'; readonly id: string };
  readonly stdin: boolean;
  /** Its standard input ends with the first session attached to it. */
  readonly stdinOnce?: boolean;
  readonly tty: boolean;
}

export interface ContainerExit {
  /** 128 + signal when a signal ended it. */
  readonly code: number;
  /** It never ran: the runtime's own words (`exec: "foo": executable file not found in $PATH`). */
  readonly startError?: string;
}

/** One container instance. */
export interface RunningContainer {
  readonly id: string;
  /** Never rejects. */
  readonly exited: Promise<ContainerExit>;
  /** SIGTERM, then after `graceMs` SIGKILL. Resolves when it has ended. */
  stop(graceMs: number): Promise<void>;
  exec(command: readonly [string, ...string[]], options: { stdin: boolean; tty: boolean }): Promise<ExecSession>;
  attach(options: { stdin: boolean; tty: boolean }): Promise<ExecSession>;
  /** Everything kept so far, then (with `follow`) what comes until it ends; the signal ends it early. */
  logs(options: { follow: boolean; signal: AbortSignal }): AsyncIterable<readonly LogLine[]>;
  /** argv and environment with which the command line runs a program in the container with its own stdio. */
  execArgv(
    command: readonly [string, ...string[]],
  ): Promise<{ readonly argv: readonly [string, ...string[]]; readonly env: Readonly<Record<string, string>> }>;
}

export interface ContainerRuntime {
  /** Resolves when the container runs; one whose program cannot be started has exited with a `startError`. */
  start(pod: PodPlace, container: ContainerSpec): Promise<RunningContainer>;
  /** A container of a former daemon that still runs, or has ended since; undefined when nothing of it is left. */
  adopt(pod: PodPlace, container: ContainerSpec): Promise<RunningContainer | undefined>;
  /** Ids of the containers that a former daemon has left, before any is started. */
  left(): readonly string[];
  /** Ends containers that a former daemon has left, at once. */
  endLeft(ids: readonly string[]): Promise<void>;
  /** Ends what a pod's containers share, when the last of them has ended. */
  endPod(uid: string): Promise<void>;
  /** Lets go of what is kept for a container that has ended and whose logs nobody can ask for any more. */
  forget(id: string): void;
}
