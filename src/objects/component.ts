/** A part of the cluster that watches the API and acts: a controller, a kubelet, a kube-proxy. */
export interface Component {
  readonly name: string;
  /** Resolves when the component has listed what it watches and has acted on it once. */
  start(): Promise<void>;
  /** Stops acting; what it made in the kernel stays. Idempotent. */
  stop(): Promise<void>;
}

/** Where components say what they do; the daemon writes it to its log file. */
export interface Logger {
  info(message: string, fields?: Readonly<Record<string, unknown>>): void;
  warn(message: string, fields?: Readonly<Record<string, unknown>>): void;
  error(message: string, fields?: Readonly<Record<string, unknown>>): void;
}
