/** What one watcher sees of a change: an object may come into its selection or leave it without being made or deleted. */
import type { ApiObject } from '../../objects/wire.ts';
import type { StoreEvent } from './stored-object.ts';

export interface Interest {
  /** All namespaces when absent. */
  readonly namespace: string | undefined;
  readonly filter: ((object: ApiObject) => boolean) | undefined;
}

/** The type under which the watcher is to see the event; undefined when it is not concerned. */
export function seenBy({ namespace, filter }: Interest, event: StoreEvent): StoreEvent['type'] | undefined {
  const { object } = event.current;
  if (namespace !== undefined && object.metadata?.namespace !== namespace) return undefined;
  if (filter === undefined) return event.type;
  const was = event.previous !== undefined && filter(event.previous.object);
  const is = event.type !== 'DELETED' && filter(object);
  if (is) return was ? 'MODIFIED' : 'ADDED';
  return was ? 'DELETED' : undefined;
}
