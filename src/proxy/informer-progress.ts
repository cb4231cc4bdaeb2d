/** Waits until an informer's cache has caught up with what the API server answered. */
import { type Informer, keyOf } from '../client/informer.ts';
import type { ListResult } from '../objects/transport.ts';
import type { ApiObject } from '../objects/wire.ts';

/** Resolves when the cache knows all of `list` in that state or a later one, and nothing that was gone by then. */
export function hasCaughtUp<T extends ApiObject>(informer: Informer<T>, list: ListResult<T>): Promise<void> {
  const isCurrent = () => {
    const listed = new Map(list.items.map((item) => [keyOf(item), versionOf(item)]));
    for (const cached of informer.list()) {
      const wanted = listed.get(keyOf(cached));
      if (wanted === undefined ? versionOf(cached) <= Number(list.resourceVersion) : versionOf(cached) < wanted)
        return false;
      listed.delete(keyOf(cached));
    }
    // What was deleted after the list is not waited for.
    return listed.size === 0 || Number(informer.resourceVersion) > Number(list.resourceVersion);
  };
  return new Promise((resolve) => {
    const check = () => {
      if (!isCurrent()) return;
      stopListening();
      resolve();
    };
    const stopListening = informer.onChange(check);
    check();
  });
}

function versionOf(object: ApiObject): number {
  return Number(object.metadata?.resourceVersion ?? 0);
}
