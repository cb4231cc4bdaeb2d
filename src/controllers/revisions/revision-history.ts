/** Keeps the ControllerRevisions of sets as plan-revisions.ts says, and finds them by their owner. */
import type { Informer } from '../../client/informer.ts';
import { CONTROLLER_REVISIONS, type ResourceType } from '../../objects/resource.ts';
import { hasReason } from '../../objects/transport.ts';
import type { ControllerRevision } from '../../objects/wire.ts';
import type { ControllerContext } from '../controller-context.ts';
import { byController, controllerOf } from '../owner-reference.ts';
import { isNamespaceTerminating } from '../pod-control.ts';
import { planRevisions, type RevisedSet, type RevisionNames } from './plan-revisions.ts';

export class RevisionHistory {
  readonly #context: ControllerContext;
  readonly #informer: Informer<ControllerRevision>;
  readonly #ofOwner: { get(uid: string): readonly ControllerRevision[] };

  constructor(context: ControllerContext) {
    this.#context = context;
    this.#informer = context.informers.informer(CONTROLLER_REVISIONS);
    this.#ofOwner = this.#informer.index(byController);
  }

  /** Calls `changed` with namespace/name of an owner of this kind whose history has changed. */
  onChange(kind: string, changed: (key: string) => void): void {
    this.#informer.onChange(({ object }) => {
      const owner = controllerOf(object);
      if (owner?.kind === kind) changed(`${object.metadata?.namespace}/${owner.name}`);
    });
  }

  /** The revisions of a set. */
  of({ metadata }: RevisedSet): readonly ControllerRevision[] {
    return this.#ofOwner.get(metadata?.uid ?? '');
  }

  /** Writes what the set's history lacks, and cuts what is too long. */
  async keep(
    owner: { readonly type: ResourceType; readonly object: RevisedSet },
    names: RevisionNames,
    inUse: ReadonlySet<string>,
  ): Promise<void> {
    if (owner.object.metadata?.deletionTimestamp !== undefined) return;
    const { transport } = this.#context;
    const plan = planRevisions(owner, this.of(owner.object), names, inUse);
    // The cache may lag behind what was just created.
    if (plan.create !== undefined) await unless('AlreadyExists', transport.create(CONTROLLER_REVISIONS, plan.create));
    if (plan.renumber !== undefined) {
      const { revision, number } = plan.renumber;
      await unless('NotFound', transport.patch(CONTROLLER_REVISIONS, keyOf(revision), 'merge', { revision: number }));
    }
    for (const old of plan.remove) await unless('NotFound', transport.delete(CONTROLLER_REVISIONS, keyOf(old)));
  }
}

function keyOf({ metadata }: ControllerRevision): { readonly namespace: string; readonly name: string } {
  return { namespace: metadata?.namespace ?? '', name: metadata?.name ?? '' };
}

async function unless(reason: string, write: Promise<unknown>): Promise<void> {
  try {
    await write;
  } catch (error) {
    if (!hasReason(error, reason) && !isNamespaceTerminating(error)) throw error;
  }
}
