/** `?watch=1`: the state asked for, then every change, as one JSON object a line, until the time is up. */

import { randomInt } from 'node:crypto';
import { timerMs } from '../../objects/timer.ts';
import { ApiError } from '../../objects/transport.ts';
import type { ObjectMeta } from '../../objects/wire.ts';
import type { ApiCore } from '../api-core.ts';
import type { ResourceDefinition } from '../resource-definition.ts';
import type { ReadableCollection } from '../store/collection.ts';
import type { StoredObject, StoreEvent } from '../store/stored-object.ts';
import { type Interest, type Seen, seenBy } from '../store/visibility.ts';
import { type Exchange, setWarnings } from './exchange.ts';
import { checkListOptions } from './list-options.ts';
import { countParameter, parseResourceVersion } from './list-page.ts';
import { JSON_TYPE } from './negotiation.ts';
import type { FrameType, Representation } from './representation.ts';
import { inPieces } from './text-pieces.ts';
import { admitWatch } from './watch-quota.ts';
import { WatchStream } from './watch-stream.ts';

const BOOKMARK_EVERY_MS = 60_000;
/** A watch without `timeoutSeconds` ends after a random time in this range, so that clients do not all return at once. */
const DEFAULT_TIMEOUT_SECONDS = { least: 1800, most: 3600 };

/** Answers a watch request; returns when the initial state is written. Throws before the first byte only. */
export async function handleWatch(
  core: ApiCore,
  definition: ResourceDefinition,
  exchange: Exchange,
  interest: Interest,
  representation: Representation,
): Promise<void> {
  const { query, response } = exchange;
  const collection = core.store.collection(definition.type);
  const start = startOf(query);
  const seconds = countParameter(query, 'timeoutSeconds') || defaultTimeout();
  const bookmarks = isTrue(query.get('allowWatchBookmarks'));
  // Everything from here to `subscribe` happens in one turn: no change falls between the state and the stream.
  const backlog = initialFrames(collection, start, interest, representation);
  const release = admitWatch(core, exchange.user.username);
  const stream = new WatchStream(response);
  setWarnings(exchange);
  response.writeHead(200, { 'Content-Type': JSON_TYPE, 'Cache-Control': 'no-cache, private' });
  response.flushHeaders();
  const unsubscribe = collection.subscribe((event) => {
    const seen = seenBy(interest, event);
    if (seen !== undefined) stream.push(sharedFrame(event, seen, representation));
  });
  const revision = core.store.revision;
  const pushBookmark = (metadata: object) => {
    stream.push(Buffer.from(frame('BOOKMARK', representation.bookmark(metadata as ObjectMeta))));
  };
  const ticker = bookmarks
    ? setInterval(() => pushBookmark(bookmarkMeta(core.store.revision)), BOOKMARK_EVERY_MS)
    : undefined;
  const timer = setTimeout(
    () => {
      if (bookmarks) pushBookmark(bookmarkMeta(core.store.revision));
      stream.end();
    },
    timerMs(seconds * 1000),
  );
  response.on('close', () => {
    release();
    unsubscribe();
    clearInterval(ticker);
    clearTimeout(timer);
  });
  await stream.writeInitial(backlog.pieces);
  if (backlog.expired) return void stream.end();
  if (start.endWithBookmark) {
    const metadata = { ...bookmarkMeta(revision), annotations: { 'k8s.io/initial-events-end': 'true' } };
    await stream.writeInitial([frame('BOOKMARK', representation.bookmark(metadata as unknown as ObjectMeta))]);
  }
  stream.release();
}

interface WatchStart {
  /** Events after this revision; undefined: the whole state first. */
  readonly since: number | undefined;
  /** The state is asked for by `sendInitialEvents`, and its end is to be marked. */
  readonly endWithBookmark: boolean;
}

function startOf(query: URLSearchParams): WatchStart {
  const revision = parseResourceVersion(query);
  const initial = query.get('sendInitialEvents');
  checkListOptions(query, 'watch');
  if (initial === null || initial === '') {
    return { since: revision === 0 ? undefined : revision, endWithBookmark: false };
  }
  if (isTrue(initial)) return { since: undefined, endWithBookmark: isTrue(query.get('allowWatchBookmarks')) };
  return { since: revision ?? 0, endWithBookmark: false };
}

export function isTrue(value: string | null): boolean {
  return value === '1' || value === 'true' || value === 'True';
}

function defaultTimeout(): number {
  return randomInt(DEFAULT_TIMEOUT_SECONDS.least, DEFAULT_TIMEOUT_SECONDS.most);
}

function bookmarkMeta(revision: number): object {
  return { resourceVersion: String(revision), creationTimestamp: null };
}

function frame(type: FrameType | 'BOOKMARK' | 'ERROR', object: string): string {
  return `{"type":"${type}","object":${object}}\n`;
}

/** The frame of an event, made once for all watchers that see it in the same form. */
function sharedFrame(event: StoreEvent, { type, entry }: Seen, representation: Representation): Uint8Array {
  const key = `${type} ${representation.name}`;
  let bytes = event.frames.get(key);
  if (bytes === undefined) {
    bytes = Buffer.from(frame(type, representation.event(entry)));
    event.frames.set(key, bytes);
  }
  return bytes;
}

interface Backlog {
  readonly pieces: Iterable<string>;
  /** The history is gone: the one piece says so, as an ERROR event in an answer of 200. */
  readonly expired: boolean;
}

function initialFrames(
  collection: ReadableCollection,
  { since }: WatchStart,
  interest: Interest,
  representation: Representation,
): Backlog {
  if (since === undefined) {
    const { namespace, filter } = interest;
    const entries = collection.entries(namespace);
    const chosen = filter === undefined ? entries : entries.filter(({ object }) => filter(object));
    const frames: [FrameType, StoredObject][] = chosen.map((entry) => ['ADDED', entry]);
    return { pieces: framePieces(frames, representation), expired: false };
  }
  try {
    const frames: [FrameType, StoredObject][] = [];
    for (const event of collection.eventsSince(since)) {
      const seen = seenBy(interest, event);
      if (seen !== undefined) frames.push([seen.type, seen.entry]);
    }
    return { pieces: framePieces(frames, representation), expired: false };
  } catch (error) {
    if (!(error instanceof ApiError)) throw error;
    return { pieces: [frame('ERROR', JSON.stringify(error.status))], expired: true };
  }
}

function framePieces(frames: readonly [FrameType, StoredObject][], representation: Representation): Iterable<string> {
  return inPieces(frames, ([type, entry]) => frame(type, representation.event(entry)), '');
}
