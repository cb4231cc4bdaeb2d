/** The frame of a controller: shared informers fill a queue of keys, each key is reconciled, failures come back later. */
import { WorkQueue } from '../client/work-queue.ts';
import type { Component } from '../objects/component.ts';
import { ApiError } from '../objects/transport.ts';
import type { ControllerContext } from './controller-context.ts';

/** Refusals that only say that somebody else was quicker: seen in passing, not worth a line in the log at first. */
const RACES = new Set(['Conflict', 'NotFound', 'AlreadyExists']);
const QUIET_ATTEMPTS = 4;

export class KeyedController implements Component {
  readonly name: string;
  readonly queue: WorkQueue;
  readonly #context: ControllerContext;

  /** `reconcile` gets a key and brings the API in line with what the key's object wants. */
  constructor(
    name: string,
    context: ControllerContext,
    reconcile: (key: string) => Promise<void>,
    options: { readonly concurrency?: number } = {},
  ) {
    this.name = name;
    this.#context = context;
    this.queue = new WorkQueue({
      process: reconcile,
      onError: (error, key, attempt) => this.#report(error, key, attempt),
      concurrency: options.concurrency ?? 1,
    });
  }

  async start(): Promise<void> {
    await this.#context.informers.start();
    this.queue.start();
    await this.queue.drained();
  }

  async stop(): Promise<void> {
    await this.queue.stop();
  }

  #report(error: unknown, key: string, attempt: number): void {
    if (error instanceof ApiError && RACES.has(error.reason) && attempt <= QUIET_ATTEMPTS) return;
    const message = error instanceof Error ? error.message : String(error);
    this.#context.log.warn(`${this.name}: could not reconcile ${key}, will retry`, { attempt, error: message });
  }
}
