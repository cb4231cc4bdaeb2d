/**
 * What a controller has just written and its informer has not shown yet. Read through this, a controller sees its own
 * writes at once, so that it never creates or deletes the same thing twice (client-go's expectations, and its
 * mutation cache, in one).
 */
import type { ApiObject } from '../objects/wire.ts';
import { type Informer, keyOf } from './informer.ts';

/** After this long the informer is believed, whatever it shows: as client-go's expectations expire. */
const EXPIRES_MS = 5 * 60_000;

interface Written<T> {
  readonly object: T;
  readonly at: number;
}

export class RecentWrites<T extends ApiObject> {
  readonly #informer: Informer<T>;
  readonly #now: () => number;
  readonly #written = new Map<string, Written<T>>();
  readonly #deleted = new Map<string, number>();

  constructor(informer: Informer<T>, now: () => number = Date.now) {
    this.#informer = informer;
    this.#now = now;
  }

  /** Remembers the answer to a create, update or patch. */
  wrote(object: T): void {
    this.#written.set(keyOf(object), { object, at: this.#now() });
  }

  /** Remembers that this object (by its uid) has been deleted, or asked to go. */
  deleted(object: T): void {
    this.#deleted.set(object.metadata?.uid ?? '', this.#now());
    const key = keyOf(object);
    if (this.#written.get(key)?.object.metadata?.uid === object.metadata?.uid) this.#written.delete(key);
  }

  /** True for an object this controller deleted and that the informer still shows as if it were not. */
  isDeleted(object: T): boolean {
    const { uid = '', deletionTimestamp } = object.metadata ?? {};
    const at = this.#deleted.get(uid);
    if (at === undefined) return false;
    if (deletionTimestamp === undefined && this.#now() - at < EXPIRES_MS) return true;
    this.#deleted.delete(uid);
    return false;
  }

  /** The object as last written by us, or as the informer has it, whichever is newer. */
  get(key: string): T | undefined {
    const cached = this.#informer.get(key);
    const object = this.#pending(key) ?? cached;
    return object === undefined || this.isDeleted(object) ? undefined : object;
  }

  /** `cached` (objects of the informer's cache) as we know better, and with those of ours among `belongs` it lacks. */
  overlay(cached: readonly T[], belongs: (object: T) => boolean): T[] {
    this.#forget();
    // Nearly always so; with a thousand pods under one owner the rest is most of a sync.
    if (this.#written.size === 0 && this.#deleted.size === 0) return [...cached];
    const result = new Map(cached.map((object) => [keyOf(object), object]));
    for (const key of this.#written.keys()) {
      const object = this.#pending(key);
      if (object === undefined) continue;
      if (belongs(object)) result.set(key, object);
      else result.delete(key);
    }
    return [...result.values()].filter((object) => !this.isDeleted(object));
  }

  #pending(key: string): T | undefined {
    const written = this.#written.get(key);
    if (written === undefined) return undefined;
    const expired = this.#now() - written.at >= EXPIRES_MS;
    if (!expired && !this.#isShown(key, written.object)) return written.object;
    this.#written.delete(key);
    return undefined;
  }

  /** True when the informer's cache is at least as new as our write, whether or not it still has the object. */
  #isShown(key: string, object: T): boolean {
    const version = versionOf(object.metadata?.resourceVersion);
    const cached = versionOf(this.#informer.get(key)?.metadata?.resourceVersion);
    return Math.max(cached, versionOf(this.#informer.resourceVersion)) >= version;
  }

  #forget(): void {
    const now = this.#now();
    for (const [uid, at] of this.#deleted) if (now - at >= EXPIRES_MS) this.#deleted.delete(uid);
  }
}

/** resourceVersions are one rising count for all objects of a server (KEP-5504 makes that a promise). */
function versionOf(resourceVersion: string | undefined): number {
  return Number(resourceVersion ?? '0');
}
