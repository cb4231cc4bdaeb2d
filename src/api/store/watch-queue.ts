/** Watching within the process: events wait in a queue until the reader takes them. */
import type { WatchEvent } from '../../objects/transport.ts';
import type { ApiObject } from '../../objects/wire.ts';
import type { ReadableCollection } from './collection.ts';
import type { StoreEvent } from './stored-object.ts';
import { type Interest, seenBy } from './visibility.ts';

export interface WatchCollectionOptions extends Interest {
  /** Events after this revision; absent: ADDED for everything there is, then what follows. */
  readonly since: number | undefined;
  readonly signal: AbortSignal;
}

/** Ends quietly when the signal aborts. Throws 410 Expired when `since` is too old. */
export async function* watchCollection(
  collection: ReadableCollection,
  options: WatchCollectionOptions,
): AsyncGenerator<WatchEvent<ApiObject>, void> {
  if (options.signal.aborted) return;
  let queue: WatchEvent<ApiObject>[] = [];
  let wake: (() => void) | undefined;
  const wakeUp = () => wake?.();
  const take = (event: StoreEvent) => {
    const seen = seenBy(options, event);
    if (seen === undefined) return;
    queue.push({ type: seen.type, object: seen.entry.object });
    wakeUp();
  };
  if (options.since === undefined) {
    for (const { object } of collection.entries(options.namespace)) {
      if (options.filter === undefined || options.filter(object)) queue.push({ type: 'ADDED', object });
    }
  } else {
    for (const event of collection.eventsSince(options.since)) take(event);
  }
  const unsubscribe = collection.subscribe(take);
  options.signal.addEventListener('abort', wakeUp);
  try {
    while (!options.signal.aborted) {
      if (queue.length === 0) {
        await new Promise<void>((resolve) => {
          wake = resolve;
        });
      }
      const batch = queue;
      queue = [];
      for (const event of batch) {
        if (options.signal.aborted) return;
        yield event;
      }
    }
  } finally {
    unsubscribe();
    options.signal.removeEventListener('abort', wakeUp);
  }
}
