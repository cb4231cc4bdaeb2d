/** Makes and deletes the pods of a controller, records the events kubectl describe shows, and remembers both. */
import type { EventRecorder } from '../client/event-recorder.ts';
import type { RecentWrites } from '../client/recent-writes.ts';
import { PODS, type ResourceType } from '../objects/resource.ts';
import { ApiError, hasReason, type Transport } from '../objects/transport.ts';
import type { ApiObject, ObjectMeta, Pod, PodTemplateSpec } from '../objects/wire.ts';
import { controllerReference } from './owner-reference.ts';

export interface PodOwner {
  readonly type: ResourceType;
  readonly object: ApiObject;
}

/** The pod a template makes for its owner: `OWNER-` and a generated suffix, unless `name` says otherwise. Pure. */
export function podFromTemplate(owner: PodOwner, template: PodTemplateSpec, name?: string): Pod {
  const { namespace, name: ownerName = '' } = owner.object.metadata ?? {};
  const { labels, annotations, finalizers } = template.metadata ?? {};
  const metadata: ObjectMeta = {
    ...(name === undefined ? { generateName: generateNameOf(ownerName) } : { name }),
    ...(namespace === undefined ? {} : { namespace }),
    ...(labels === undefined ? {} : { labels: { ...labels } }),
    ...(annotations === undefined ? {} : { annotations: { ...annotations } }),
    ...(finalizers === undefined ? {} : { finalizers: [...finalizers] }),
    ownerReferences: [controllerReference(owner.type, owner.object)],
  };
  return { metadata, ...(template.spec === undefined ? {} : { spec: template.spec }) };
}

/** `OWNER-`, or the owner's name alone when the dash would make it no DNS label prefix. */
function generateNameOf(owner: string): string {
  return owner.length > 252 ? owner : `${owner}-`;
}

export class PodControl {
  readonly #transport: Transport;
  readonly #recorder: EventRecorder;
  readonly #writes: RecentWrites<Pod>;

  constructor(transport: Transport, recorder: EventRecorder, writes: RecentWrites<Pod>) {
    this.#transport = transport;
    this.#recorder = recorder;
    this.#writes = writes;
  }

  /** Creates the pod. A namespace that is going away is no failure: resolves with undefined. */
  async create(owner: PodOwner, pod: Pod): Promise<Pod | undefined> {
    try {
      const created = await this.#transport.create(PODS, pod);
      this.#writes.wrote(created);
      this.#recorder.normal(owner, 'SuccessfulCreate', `Created pod: ${created.metadata?.name}`);
      return created;
    } catch (error) {
      if (isNamespaceTerminating(error)) return undefined;
      this.#recorder.warning(owner, 'FailedCreate', `Error creating: ${messageOf(error)}`);
      throw error;
    }
  }

  /** Deletes the pod; one that is gone already is no failure. */
  async delete(owner: PodOwner, pod: Pod): Promise<void> {
    const { name = '', namespace = '', uid } = pod.metadata ?? {};
    try {
      const preconditions = uid === undefined ? {} : { preconditions: { uid } };
      await this.#transport.delete(PODS, { name, namespace }, preconditions);
      this.#recorder.normal(owner, 'SuccessfulDelete', `Deleted pod: ${name}`);
    } catch (error) {
      if (!hasReason(error, 'NotFound')) {
        this.#recorder.warning(owner, 'FailedDelete', `Error deleting: ${messageOf(error)}`);
        throw error;
      }
    }
    this.#writes.deleted(pod);
  }
}

/**
 * Runs `action` for 1, 2, 4, … items at a time, so that a quota or a bad template costs one refused call and not a
 * thousand. Throws the first error of the batch after which it stopped.
 */
export async function inGrowingBatches<I>(items: readonly I[], action: (item: I) => Promise<unknown>): Promise<void> {
  for (let start = 0, size = 1; start < items.length; start += size, size *= 2) {
    const outcomes = await Promise.allSettled(items.slice(start, start + size).map(action));
    const failed = outcomes.find((outcome) => outcome.status === 'rejected');
    if (failed !== undefined) throw failed.reason;
  }
}

/** True for the refusal to create anything in a namespace that is being deleted. */
export function isNamespaceTerminating(error: unknown): boolean {
  if (!(error instanceof ApiError)) return false;
  return error.status.details?.causes?.some(({ reason }) => reason === 'NamespaceTerminating') ?? false;
}

export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
