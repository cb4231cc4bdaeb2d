/**
 * Who gets the next connection of a relay: round robin, a client sticks to its endpoint while it comes back in time. The laws are
 * those of the first kube-proxy (Kubernetes ≤ 1.25, pkg/proxy/userspace/roundrobin.go): other endpoints are shuffled and
 * begun anew, and clients of an endpoint that is gone are forgotten.
 */
import { isDeepStrictEqual } from 'node:util';
import type { RelaySpec } from '../backends/userspace/relays.ts';

export type RelayEndpoint = RelaySpec['endpoints'][number];

interface Client {
  readonly endpoint: RelayEndpoint;
  /** Milliseconds. */
  readonly lastUsed: number;
}

export interface PickerOptions {
  /** Milliseconds. */
  readonly now?: () => number;
  /** At least 0, below 1. */
  readonly random?: () => number;
}

export class EndpointPicker {
  readonly #now: () => number;
  readonly #random: () => number;
  readonly #clients = new Map<string, Client>();
  #endpoints: readonly RelayEndpoint[] = [];
  #affinityMs: number | undefined;
  #next = 0;

  constructor({ now = Date.now, random = Math.random }: PickerOptions = {}) {
    this.#now = now;
    this.#random = random;
  }

  /** Takes the endpoints of `spec`; the same ones in another order are no change. */
  update({ endpoints, affinitySeconds }: Pick<RelaySpec, 'endpoints' | 'affinitySeconds'>): void {
    this.#affinityMs = affinitySeconds === undefined ? undefined : affinitySeconds * 1000;
    if (this.#affinityMs === undefined) this.#clients.clear();
    const sorted = (list: readonly RelayEndpoint[]) => list.map(nameOf).sort();
    if (isDeepStrictEqual(sorted(endpoints), sorted(this.#endpoints))) return;
    this.#endpoints = this.#shuffled(endpoints);
    this.#next = 0;
    for (const [address, client] of this.#clients) if (!this.has(client.endpoint)) this.#clients.delete(address);
  }

  has(endpoint: RelayEndpoint): boolean {
    return this.#endpoints.some(({ ip, port }) => ip === endpoint.ip && port === endpoint.port);
  }

  /** The endpoint for a client (its address); undefined when there is none. `isRetry`: the one it sticks to did not answer. */
  pick(client: string, isRetry = false): RelayEndpoint | undefined {
    const now = this.#now();
    const known = this.#affinityMs === undefined || isRetry ? undefined : this.#clients.get(client);
    const isFresh = known !== undefined && now - known.lastUsed < this.#affinityMs!;
    const endpoint = isFresh ? known.endpoint : this.#endpoints[this.#next];
    if (endpoint === undefined) return undefined;
    if (!isFresh) this.#next = (this.#next + 1) % this.#endpoints.length;
    if (this.#affinityMs !== undefined) this.#remember(client, { endpoint, lastUsed: now });
    return endpoint;
  }

  /** The map keeps the order of last use, so those whose time is up are at its beginning. */
  #remember(address: string, client: Client): void {
    this.#clients.delete(address);
    this.#clients.set(address, client);
    for (const [old, { lastUsed }] of this.#clients) {
      if (client.lastUsed - lastUsed < this.#affinityMs!) break;
      this.#clients.delete(old);
    }
  }

  #shuffled(endpoints: readonly RelayEndpoint[]): RelayEndpoint[] {
    const list = [...endpoints];
    for (let last = list.length - 1; last > 0; last -= 1) {
      const other = Math.floor(this.#random() * (last + 1));
      [list[last], list[other]] = [list[other]!, list[last]!];
    }
    return list;
  }
}

function nameOf({ ip, port }: RelayEndpoint): string {
  return `${ip} ${port}`;
}
