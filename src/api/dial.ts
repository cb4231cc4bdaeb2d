/** How the API server reaches addresses of the cluster: injected, so that `api/` knows nothing of namespaces. */
import type { Duplex } from 'node:stream';

export interface Address {
  /** An IP address. */
  readonly host: string;
  readonly port: number;
}

/** Begins a TCP connection from where the control plane stands. Returns at once; 'connect' or 'error' follow. */
export type Dial = (address: Address) => Duplex;
