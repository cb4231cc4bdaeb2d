/**
 * The relays of one node and family. A relay that is closed goes on accepting for a moment: packets on their way when the
 * rules changed still lead to it, and none of them may be refused.
 */
import type { RelaySpec } from '../backends/userspace/relays.ts';
import { EndpointPicker } from './endpoint-picker.ts';
import { openTcpRelay, type Relay, type RelayPlace } from './tcp-relay.ts';
import { openUdpRelay } from './udp-relay.ts';

/** How long a relay outlives the rules to it, milliseconds. */
const LINGER_MS = 2000;

interface Entry {
  readonly relay: Relay;
  readonly picker: EndpointPicker;
  lingering: NodeJS.Timeout | undefined;
}

export class RelayTable {
  readonly #place: RelayPlace;
  readonly #lingerMs: number;
  readonly #entries = new Map<string, Entry>();

  constructor(place: RelayPlace, lingerMs: number = LINGER_MS) {
    this.#place = place;
    this.#lingerMs = lingerMs;
  }

  /** Opens or updates one; gives its port. */
  async open(spec: RelaySpec): Promise<number> {
    const entry = this.#entries.get(spec.key) ?? (await this.#add(spec));
    clearTimeout(entry.lingering);
    entry.lingering = undefined;
    entry.picker.update(spec);
    entry.relay.endpointsChanged();
    return entry.relay.port;
  }

  close(key: string): void {
    const entry = this.#entries.get(key);
    if (entry === undefined || entry.lingering !== undefined) return;
    entry.lingering = setTimeout(() => {
      this.#entries.delete(key);
      entry.relay.close();
    }, this.#lingerMs);
  }

  closeAllBut(keys: ReadonlySet<string>): void {
    for (const key of this.#entries.keys()) if (!keys.has(key)) this.close(key);
  }

  async #add(spec: RelaySpec): Promise<Entry> {
    const picker = new EndpointPicker();
    picker.update(spec);
    const relay = await this.#bind(spec, picker);
    const entry: Entry = { relay, picker, lingering: undefined };
    this.#entries.set(spec.key, entry);
    return entry;
  }

  /** On the port it had before if that is free. */
  async #bind({ protocol, port = 0 }: RelaySpec, picker: EndpointPicker): Promise<Relay> {
    const open = protocol === 'TCP' ? openTcpRelay : openUdpRelay;
    try {
      return await open(this.#place, picker, port);
    } catch (error) {
      if (port === 0 || (error as NodeJS.ErrnoException).code !== 'EADDRINUSE') throw error;
      return await open(this.#place, picker, 0);
    }
  }
}
