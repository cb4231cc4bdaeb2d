/** Shared informers: one per resource and selection, so that ten controllers cost one watch, started together. */
import type { ResourceType } from '../objects/resource.ts';
import type { Transport } from '../objects/transport.ts';
import type { ApiObject } from '../objects/wire.ts';
import { Informer, type InformerOptions } from './informer.ts';

export class InformerFactory {
  readonly #transport: Transport;
  readonly #onError: ((error: unknown) => void) | undefined;
  readonly #informers = new Map<string, Informer<ApiObject>>();

  constructor(transport: Transport, onError?: (error: unknown) => void) {
    this.#transport = transport;
    this.#onError = onError;
  }

  /** The one informer of this resource and selection. Add handlers and indexes to it before `start`. */
  informer<T extends ApiObject>(type: ResourceType<T>, options: Omit<InformerOptions, 'onError'> = {}): Informer<T> {
    const { namespace = '', labelSelector = '', fieldSelector = '' } = options;
    const key = [type.group, type.plural, namespace, labelSelector, fieldSelector].join('|');
    const known = this.#informers.get(key);
    if (known !== undefined) return known as unknown as Informer<T>;
    const onError = this.#onError === undefined ? {} : { onError: this.#onError };
    const informer = new Informer(this.#transport, type, { ...options, ...onError });
    this.#informers.set(key, informer as unknown as Informer<ApiObject>);
    return informer;
  }

  /** Resolves when every informer asked for so far has its first list. May be called again after asking for more. */
  async start(): Promise<void> {
    await Promise.all([...this.#informers.values()].map((informer) => informer.start()));
  }

  async stop(): Promise<void> {
    await Promise.all([...this.#informers.values()].map((informer) => informer.stop()));
  }
}
