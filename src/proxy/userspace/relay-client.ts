/**
 * kube-proxy's side of the relay process: asks for relays over a channel that is opened when the first is wanted, and anew
 * when it is lost. What the process then still holds is not known: `generation` counts up, and everything is to be asked again.
 */
import type { MessageChannel } from '../../client/message-channel.ts';
import type { RelayPorts, RelaySpec } from '../backends/userspace/relays.ts';
import type { FromRelays, RelayGroup, ToRelays } from './protocol.ts';

/** Where the relays of nodes are opened and closed. */
export interface RelayAccess {
  /** Opens relays, or gives those that are open other endpoints; gives their ports. */
  open(group: RelayGroup, relays: readonly RelaySpec[]): Promise<RelayPorts>;
  /** Closes relays that no rule leads to any more; `keep` all but the named. */
  close(group: RelayGroup, keys: readonly string[]): Promise<void>;
  keep(group: RelayGroup, keys: readonly string[]): Promise<void>;
  /** Counts up whenever open relays may have been lost. */
  readonly generation: number;
  /** Calls `listener` whenever they may have been. */
  onLost(listener: () => void): void;
}

/** Connects to the process; where none runs, starts it, or (`mayStart` false) gives undefined. */
export type Connect = (mayStart: boolean) => Promise<MessageChannel | undefined>;

type Request = ToRelays extends infer T ? (T extends ToRelays ? Omit<T, 'id'> : never) : never;

export class RelayClient implements RelayAccess {
  readonly #connect: Connect;
  readonly #waiting = new Map<number, PromiseWithResolvers<RelayPorts>>();
  readonly #listeners: (() => void)[] = [];
  #channel: Promise<MessageChannel | undefined> | undefined;
  /** The present attempt may start the process. */
  #mayStart = false;
  #nextId = 1;
  generation = 0;

  constructor(connect: Connect) {
    this.#connect = connect;
  }

  open(group: RelayGroup, relays: readonly RelaySpec[]): Promise<RelayPorts> {
    return relays.length === 0 ? Promise.resolve(new Map()) : this.#ask({ op: 'open', group, relays }, true);
  }

  async close(group: RelayGroup, keys: readonly string[]): Promise<void> {
    if (keys.length > 0) await this.#ask({ op: 'close', group, keys }, false);
  }

  async keep(group: RelayGroup, keys: readonly string[]): Promise<void> {
    await this.#ask({ op: 'keep', group, keys }, false);
  }

  onLost(listener: () => void): void {
    this.#listeners.push(listener);
  }

  async #ask(request: Request, mayStart: boolean): Promise<RelayPorts> {
    const channel = await this.#connected(mayStart);
    // Where there is no process there is nothing to close.
    if (channel === undefined) return new Map();
    const id = this.#nextId++;
    const answer = Promise.withResolvers<RelayPorts>();
    this.#waiting.set(id, answer);
    channel.send({ ...request, id });
    return await answer.promise;
  }

  #connected(mayStart: boolean): Promise<MessageChannel | undefined> {
    const former = this.#channel;
    if (former !== undefined && (this.#mayStart || !mayStart)) return former;
    // One attempt after the other: two would start two processes.
    const channel = (former ?? Promise.resolve(undefined)).then((found) => found ?? this.#open(mayStart));
    this.#mayStart = mayStart;
    this.#channel = channel;
    return channel;
  }

  async #open(mayStart: boolean): Promise<MessageChannel | undefined> {
    try {
      const channel = await this.#connect(mayStart);
      channel?.onMessage((message) => this.#receive(message as FromRelays));
      channel?.onClose(() => this.#lost());
      return channel;
    } catch (error) {
      this.#channel = undefined;
      throw error;
    }
  }

  #receive(message: FromRelays): void {
    const answer = this.#waiting.get(message.id);
    this.#waiting.delete(message.id);
    if ('error' in message) answer?.reject(new Error(`the relay process: ${message.error}`));
    else answer?.resolve(new Map(Object.entries(message.ports)));
  }

  #lost(): void {
    this.#channel = undefined;
    this.generation += 1;
    const waiting = [...this.#waiting.values()];
    this.#waiting.clear();
    for (const answer of waiting) answer.reject(new Error('the relay process has ended'));
    for (const listener of this.#listeners) listener();
  }
}
