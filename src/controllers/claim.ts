/**
 * Adoption: a controller takes objects nobody controls and its selector selects, and lets go of its own that the
 * selector no longer selects. Deciding is pure; acting patches `metadata.ownerReferences`.
 */
import { keyOf } from '../client/informer.ts';
import type { RecentWrites } from '../client/recent-writes.ts';
import type { ResourceType } from '../objects/resource.ts';
import { hasReason, type Transport } from '../objects/transport.ts';
import type { ApiObject } from '../objects/wire.ts';
import { controllerOf, controllerReference } from './owner-reference.ts';

export interface Claims<T> {
  /** Ours already, and selected. */
  readonly keep: readonly T[];
  readonly adopt: readonly T[];
  readonly release: readonly T[];
}

/** Sorts candidates (objects of the owner's namespace) by what the owner is to do with them; others' are left out. */
export function decideClaims<T extends ApiObject>(
  owner: ApiObject,
  selects: (object: T) => boolean,
  candidates: readonly T[],
): Claims<T> {
  const claims = { keep: [] as T[], adopt: [] as T[], release: [] as T[] };
  const ownerGoes = owner.metadata?.deletionTimestamp !== undefined;
  for (const object of candidates) {
    const controller = controllerOf(object);
    if (controller !== undefined) {
      if (controller.uid !== owner.metadata?.uid) continue;
      if (selects(object)) claims.keep.push(object);
      else if (!ownerGoes) claims.release.push(object);
    } else if (!ownerGoes && object.metadata?.deletionTimestamp === undefined && selects(object)) {
      claims.adopt.push(object);
    }
  }
  return claims;
}

/** Carries the decision out; resolves with what the owner now controls. Asks for the owner afresh before adopting. */
export async function claim<O extends ApiObject, T extends ApiObject>(
  transport: Transport,
  owner: { readonly type: ResourceType<O>; readonly object: O },
  type: ResourceType<T>,
  claims: Claims<T>,
  writes: RecentWrites<T>,
): Promise<T[]> {
  const owned = [...claims.keep];
  if (claims.adopt.length > 0 && (await mayAdopt(transport, owner))) {
    const reference = controllerReference(owner.type, owner.object);
    for (const object of claims.adopt) {
      const references = [...(object.metadata?.ownerReferences ?? []), reference];
      const adopted = await setReferences(transport, type, object, references);
      if (adopted === undefined) continue;
      writes.wrote(adopted);
      owned.push(adopted);
    }
  }
  for (const object of claims.release) {
    const others = (object.metadata?.ownerReferences ?? []).filter(({ uid }) => uid !== owner.object.metadata?.uid);
    const released = await setReferences(transport, type, object, others);
    if (released !== undefined) writes.wrote(released);
  }
  return owned;
}

async function mayAdopt<O extends ApiObject>(
  transport: Transport,
  { type, object }: { readonly type: ResourceType<O>; readonly object: O },
): Promise<boolean> {
  const { name = '', namespace, uid } = object.metadata ?? {};
  const fresh = await transport.get(type, { name, ...(namespace === undefined ? {} : { namespace }) });
  if (fresh.metadata?.uid !== uid) throw new Error(`${type.kind} ${keyOf(object)} is another one by now`);
  return fresh.metadata?.deletionTimestamp === undefined;
}

async function setReferences<T extends ApiObject>(
  transport: Transport,
  type: ResourceType<T>,
  object: T,
  ownerReferences: NonNullable<ApiObject['metadata']>['ownerReferences'],
): Promise<T | undefined> {
  const { name = '', namespace, uid, resourceVersion } = object.metadata ?? {};
  const key = { name, ...(namespace === undefined ? {} : { namespace }) };
  // uid and resourceVersion are preconditions: the list is replaced as a whole.
  const patch = { metadata: { uid, resourceVersion, ownerReferences } };
  try {
    return await transport.patch(type, key, 'merge', patch);
  } catch (error) {
    if (hasReason(error, 'NotFound')) return undefined;
    throw error;
  }
}
