/** What the proxy is to do, as plain data: what `plan-ingress.ts` decides and `haproxy-config.ts` writes down. */
import type { Ingress } from '../objects/wire.ts';

/** The host of rules without one. */
export const ANY_HOST = '*';

export interface Route {
  /** `Exact`: this path alone. `Prefix`: it and all below it, element by element; without a slash at its end. */
  readonly kind: 'Exact' | 'Prefix';
  readonly path: string;
  /** The name of a backend. */
  readonly backend: string;
}

export interface Site {
  /** `shop.example`, `*.shop.example` (one label in place of the star), or `ANY_HOST`. Lower case. */
  readonly host: string;
  readonly routes: readonly Route[];
  /** Where requests go that no route fits; absent: to the plan's. */
  readonly fallback?: string;
}

export interface Backend {
  /** `namespace_service_port`. */
  readonly name: string;
  /** `10.244.1.3:8080`; none: the answer is 503. */
  readonly servers: readonly string[];
}

export interface Certificate {
  /** A file name of its own: `namespace_secret.pem`. */
  readonly name: string;
  /** Certificate, chain and key. */
  readonly pem: string;
  /** For which hosts it is shown; none: for those it is made out to. */
  readonly hosts: readonly string[];
}

/** What is wrong with an Ingress, as the Event says it. */
export interface Complaint {
  readonly ingress: Ingress;
  readonly reason: string;
  readonly message: string;
}

export interface IngressPlan {
  readonly sites: readonly Site[];
  readonly backends: readonly Backend[];
  readonly certificates: readonly Certificate[];
  /** Where requests go that fit nothing; absent: the answer is 404. */
  readonly fallback?: string;
  readonly complaints: readonly Complaint[];
}
