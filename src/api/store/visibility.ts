/** What one watcher sees of a change: an object may come into its selection or leave it without being made or deleted. */
import type { ApiObject, ObjectMeta } from '../../objects/wire.ts';
import { StoredObject, type StoreEvent } from './stored-object.ts';

export interface Interest {
  /** All namespaces when absent. */
  readonly namespace: string | undefined;
  readonly filter: ((object: ApiObject) => boolean) | undefined;
}

export interface Seen {
  readonly type: StoreEvent['type'];
  readonly entry: StoredObject;
}

/** The event as the watcher is to see it; undefined when it is not concerned. */
export function seenBy({ namespace, filter }: Interest, event: StoreEvent): Seen | undefined {
  const { current: entry, previous, type } = event;
  if (namespace !== undefined && entry.object.metadata?.namespace !== namespace) return undefined;
  if (filter === undefined) return { type, entry };
  const was = previous !== undefined && filter(previous.object);
  const is = type !== 'DELETED' && filter(entry.object);
  if (is) return { type: was ? 'MODIFIED' : 'ADDED', entry };
  if (!was) return undefined;
  return { type: 'DELETED', entry: type === 'DELETED' ? entry : atRevision(previous, event.revision) };
}

/** What left a selection is shown as it was in it, under the version of the change (kube-apiserver's watch cache). */
function atRevision({ object }: StoredObject, revision: number): StoredObject {
  const metadata = { ...object.metadata, resourceVersion: String(revision) } as ObjectMeta;
  return new StoredObject({ ...object, metadata }, revision);
}
