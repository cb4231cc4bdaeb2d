/** Waits until an informer's cache has caught up with what the API server answered. */

import type { ListResult } from '../objects/transport.ts';
import type { ApiObject } from '../objects/wire.ts';
import { type Informer, keyOf } from './informer.ts';

/** Resolves when the cache knows all of `list` in that state or a later one, and nothing that was gone by then. */
export function hasCaughtUp<T extends ApiObject>(informer: Informer<T>, list: ListResult<T>): Promise<void> {
  const listed = new Map(list.items.map((item) => [keyOf(item), versionOf(item)]));
  const asOf = Number(list.resourceVersion);
  const isCurrent = () => {
    if (Number(informer.resourceVersion) > asOf) return true;
    const isBehind = informer.list().some((cached) => {
      const wanted = listed.get(keyOf(cached));
      return wanted === undefined ? versionOf(cached) <= asOf : versionOf(cached) < wanted;
    });
    return !isBehind && [...listed.keys()].every((key) => informer.get(key) !== undefined);
  };
  if (isCurrent()) return Promise.resolve();
  return new Promise((resolve) => {
    const stopListening = informer.onChange(({ object }) => {
      // Events come in order: one later than the list means that all before it were seen.
      if (versionOf(object) <= asOf && !isCurrent()) return;
      stopListening();
      resolve();
    });
  });
}

function versionOf(object: ApiObject): number {
  return Number(object.metadata?.resourceVersion ?? 0);
}
