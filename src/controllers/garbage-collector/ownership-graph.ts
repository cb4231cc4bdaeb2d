/** What the garbage collector decides about one object, from its owner references and what is known of them. Pure. */
import type { ApiObject, OwnerReference } from '../../objects/wire.ts';

export const FOREGROUND = 'foregroundDeletion';
export const ORPHAN = 'orphan';

export type OwnerState =
  /** There, and not going in the foreground. */
  | 'solid'
  /** Being deleted in the foreground: waits for its dependents. */
  | 'waiting'
  | 'absent';

export type Verdict =
  | { readonly action: 'keep' }
  /** Every owner is gone. */
  | { readonly action: 'delete' }
  /** An owner waits for this object, and no other owner holds it. */
  | { readonly action: 'delete-foreground' }
  /** Some owners are gone, another is there: the dangling references go. */
  | { readonly action: 'drop-references'; readonly references: OwnerReference[] };

/** Judges an object by the states of its owners, in the order of its references. */
export function judge(object: ApiObject, states: readonly OwnerState[]): Verdict {
  const references = object.metadata?.ownerReferences ?? [];
  if (references.length === 0) return { action: 'keep' };
  const solid = references.filter((_, index) => states[index] === 'solid');
  if (solid.length === references.length) return { action: 'keep' };
  if (solid.length > 0) return { action: 'drop-references', references: solid };
  return states.includes('waiting') ? { action: 'delete-foreground' } : { action: 'delete' };
}

export function isWaitingForDependents(object: ApiObject): boolean {
  return isGoing(object) && hasFinalizer(object, FOREGROUND);
}

export function isOrphaning(object: ApiObject): boolean {
  return isGoing(object) && hasFinalizer(object, ORPHAN);
}

export function isGoing(object: ApiObject): boolean {
  return object.metadata?.deletionTimestamp !== undefined;
}

/** True for a dependent that must be gone before its owner (by uid) may go. */
export function blocks(dependent: ApiObject, ownerUid: string): boolean {
  const reference = dependent.metadata?.ownerReferences?.find(({ uid }) => uid === ownerUid);
  return reference?.blockOwnerDeletion === true;
}

function hasFinalizer(object: ApiObject, finalizer: string): boolean {
  return object.metadata?.finalizers?.includes(finalizer) === true;
}
