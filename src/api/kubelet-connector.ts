/** How the API server reaches the kubelet of a pod's node: injected, so that `api/` knows nothing of nodes. */
import type { Duplex, Readable, Writable } from 'node:stream';

export interface PodRef {
  readonly node: string;
  readonly namespace: string;
  readonly pod: string;
}

export interface PodContainerRef extends PodRef {
  readonly container: string;
}

export interface ExecRequest extends PodContainerRef {
  readonly command: readonly [string, ...string[]];
  readonly stdin: boolean;
  readonly tty: boolean;
}

export interface ExecSession {
  readonly stdin: Writable | null;
  readonly stdout: Readable;
  /** Null with a TTY: there the terminal carries both. */
  readonly stderr: Readable | null;
  resize(size: { columns: number; rows: number }): void;
  /** Never rejects. A command that could not start gives `error`. */
  readonly exit: Promise<{ readonly code: number; readonly error?: string }>;
  kill(): void;
}

export interface LogRequest extends PodContainerRef {
  readonly follow: boolean;
  readonly previous: boolean;
  readonly timestamps: boolean;
  readonly tailLines?: number;
  readonly sinceSeconds?: number;
  readonly limitBytes?: number;
}

export interface KubeletConnector {
  /** The bearer token by which the kubelets' own servers know the API server; absent: there are no such servers. */
  readonly credential?: string;
  exec(request: ExecRequest): Promise<ExecSession>;
  attach(request: Omit<ExecRequest, 'command'>): Promise<ExecSession>;
  /** Ends when the container has ended (with `follow`) or at the end of what there is. Rejects with an `ApiError`. */
  logs(request: LogRequest): Promise<Readable>;
  /** A connection to a TCP port of the pod, made within its network. Rejects with why none could be made. */
  portForward(pod: PodRef, port: number): Promise<Duplex>;
}
