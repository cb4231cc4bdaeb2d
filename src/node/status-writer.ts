/** Writes a pod's status: the latest only, one write at a time, nothing when nothing changed. */
import { isDeepStrictEqual } from 'node:util';
import { PODS } from '../objects/resource.ts';
import { hasReason, type Transport } from '../objects/transport.ts';
import type { PodStatus } from '../objects/wire.ts';
import type { PodIdentity } from './pod-network-seam.ts';

const RETRY_MS = 500;

export class StatusWriter {
  readonly #transport: Transport;
  readonly #pod: PodIdentity;
  readonly #onError: (error: unknown) => void;
  #wanted: PodStatus | undefined;
  #written: PodStatus | undefined;
  #running: Promise<void> | undefined;
  #gone = false;

  constructor(transport: Transport, pod: PodIdentity, onError: (error: unknown) => void) {
    this.#transport = transport;
    this.#pod = pod;
    this.#onError = onError;
  }

  /** Asks for this status to be written. */
  write(status: PodStatus): void {
    if (isDeepStrictEqual(status, this.#wanted)) return;
    this.#wanted = status;
    this.#running ??= this.#run().finally(() => {
      this.#running = undefined;
    });
  }

  /** Resolves when the last status asked for is written, or the pod is gone. */
  async settled(): Promise<void> {
    await this.#running;
  }

  /** Writes nothing more. */
  stop(): void {
    this.#gone = true;
  }

  async #run(): Promise<void> {
    while (!this.#gone && this.#wanted !== this.#written) {
      const status = this.#wanted!;
      try {
        await this.#patch(status);
        this.#written = status;
      } catch (error) {
        // NotFound: removed meanwhile. Conflict: another pod of that name (the uid is a precondition).
        if (hasReason(error, 'NotFound') || hasReason(error, 'Conflict')) this.#gone = true;
        else {
          this.#onError(error);
          await new Promise((resolve) => setTimeout(resolve, RETRY_MS));
        }
      }
    }
  }

  async #patch(status: PodStatus): Promise<void> {
    const { namespace, name, uid } = this.#pod;
    // What is not in the new status must go: a strategic merge keeps fields that are not named.
    const cleared = Object.fromEntries(
      Object.keys(this.#written ?? {})
        .filter((field) => !(field in status))
        .map((field) => [field, null]),
    );
    const patch = { metadata: { uid }, status: { ...cleared, ...status } };
    await this.#transport.patch(PODS, { namespace, name }, 'strategic', patch, { subresource: 'status' });
  }
}
