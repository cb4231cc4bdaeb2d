/**
 * Writes a pod's status: the latest only, one write at a time, nothing when the API has it already. Others write there too
 * (the node controller takes Ready from the pods of a cut node), so it is compared with what the API was last seen to have.
 */
import { isDeepStrictEqual } from 'node:util';
import { PODS } from '../objects/resource.ts';
import { hasReason, type Transport } from '../objects/transport.ts';
import type { Pod, PodStatus } from '../objects/wire.ts';
import type { PodIdentity } from './pod-network-seam.ts';

const RETRY_MS = 500;

/** The fields a kubelet changes, besides the conditions. */
const OURS = [
  'phase',
  'reason',
  'message',
  'hostIP',
  'hostIPs',
  'podIP',
  'podIPs',
  'startTime',
  'initContainerStatuses',
  'containerStatuses',
  'ephemeralContainerStatuses',
] as const;

export class StatusWriter {
  readonly #transport: Transport;
  readonly #pod: PodIdentity;
  readonly #onError: (error: unknown) => void;
  #wanted: PodStatus | undefined;
  /** What the API has, and since which version. */
  #present: PodStatus | undefined;
  #version = 0;
  #running: Promise<void> | undefined;
  #gone = false;

  constructor(transport: Transport, pod: PodIdentity, onError: (error: unknown) => void) {
    this.#transport = transport;
    this.#pod = pod;
    this.#onError = onError;
  }

  /** The pod as the API has it now. What is older than the last write is passed over. */
  observe(pod: Pod): void {
    const version = Number(pod.metadata?.resourceVersion ?? 0);
    if (version < this.#version) return;
    this.#version = version;
    this.#present = pod.status;
  }

  /**
   * The status the next one follows: the one being written, else what the API has. Never an older one that a watch still
   * brings: two that take their times from each other's predecessor would be written in turns for ever.
   */
  get latest(): PodStatus | undefined {
    return this.#running === undefined ? this.#present : this.#wanted;
  }

  /** Asks for this status to be written. */
  write(status: PodStatus): void {
    this.#wanted = status;
    if (this.#gone || this.#running !== undefined || this.#isPresent(status)) return;
    this.#running = this.#run();
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
    let written: PodStatus | undefined;
    try {
      // One that has just been written is not compared again: what the API made of it is not to be argued with.
      while (!this.#gone && this.#wanted !== undefined && this.#wanted !== written && !this.#isPresent(this.#wanted)) {
        const status = this.#wanted;
        if (await this.#attempt(status)) written = status;
      }
    } finally {
      // Not a turn later than the last look at what is wanted: what is asked for from here on starts another run.
      this.#running = undefined;
    }
  }

  /** False when it is to be tried again. */
  async #attempt(status: PodStatus): Promise<boolean> {
    try {
      this.observe(await this.#patch(status));
      return true;
    } catch (error) {
      // NotFound: removed meanwhile. Conflict: another pod of that name (the uid is a precondition).
      if (hasReason(error, 'NotFound') || hasReason(error, 'Conflict')) this.#gone = true;
      else {
        this.#onError(error);
        await new Promise((resolve) => setTimeout(resolve, RETRY_MS));
      }
      return false;
    }
  }

  /** True when the API has all of this status. Conditions of other types are others' (readiness gates). */
  #isPresent(status: PodStatus): boolean {
    const present = this.#present;
    if (present === undefined) return false;
    const { conditions = [], ...fields } = status;
    const ours = (present.conditions ?? []).filter(({ type }) => conditions.some((own) => own.type === type));
    return (
      isDeepStrictEqual(byType(conditions), byType(ours)) &&
      OURS.every((field) => isDeepStrictEqual(fields[field], present[field]))
    );
  }

  async #patch(status: PodStatus): Promise<Pod> {
    const { namespace, name, uid } = this.#pod;
    // What is not in the new status must go: a strategic merge keeps fields that are not named.
    const cleared = Object.fromEntries(OURS.filter((field) => !(field in status)).map((field) => [field, null]));
    const conditions = status.conditions?.map((condition) => ({ ...this.#clearedOf(condition), ...condition }));
    const patch = { metadata: { uid }, status: { ...cleared, ...status, ...(conditions && { conditions }) } };
    return await this.#transport.patch(PODS, { namespace, name }, 'strategic', patch, { subresource: 'status' });
  }

  /** What a condition of the API's has and ours has no more: a Ready pod is not `ContainersNotReady`. */
  #clearedOf({ type }: { readonly type: string }): { readonly reason?: null; readonly message?: null } {
    const present = this.#present?.conditions?.find((condition) => condition.type === type);
    return {
      ...(present?.reason === undefined ? {} : { reason: null }),
      ...(present?.message === undefined ? {} : { message: null }),
    };
  }
}

/** Conditions by their type; the scheduler's probe times are nothing to compare. */
function byType(conditions: NonNullable<PodStatus['conditions']>): Map<string, object> {
  return new Map(
    conditions.map(({ type, status, reason, message, lastTransitionTime }) => [
      type,
      { status, reason, message, lastTransitionTime },
    ]),
  );
}
