/**
 * One version of one object as the store holds it. It is never changed after it is stored, so readers, watchers and
 * the list cache share it, and its JSON text is made once at most.
 */
import type { ApiObject } from '../../objects/wire.ts';

export class StoredObject {
  readonly object: ApiObject;
  readonly revision: number;
  #json: string | undefined;

  constructor(object: ApiObject, revision: number) {
    this.object = object;
    this.revision = revision;
  }

  /** The object as JSON; every list and every watcher takes this same text. */
  get json(): string {
    this.#json ??= JSON.stringify(this.object);
    return this.#json;
  }

  /** Lets go of the text; a version that has been replaced is seldom asked for again. */
  forgetJson(): void {
    this.#json = undefined;
  }
}

/** A change of one object of one collection. A DELETED event's object is the last state under the revision of its deletion. */
export interface StoreEvent {
  readonly type: 'ADDED' | 'MODIFIED' | 'DELETED';
  readonly revision: number;
  readonly current: StoredObject;
  /** What was stored before; absent for ADDED. */
  readonly previous: StoredObject | undefined;
  /** Encodings that watchers share while the event is handed out, by name of the form. */
  readonly frames: Map<string, Uint8Array>;
}
