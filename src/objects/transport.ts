/**
 * How a component reaches the API: the same interface in process (the control plane's own controllers) and over a
 * real connection (everything on a node, the CLI). Errors are `ApiError`s that carry the Status the server answered.
 */
import type { ResourceType } from './resource.ts';
import type { ApiObject, Status } from './wire.ts';

export interface ListOptions {
  /** All namespaces when absent. */
  readonly namespace?: string;
  readonly labelSelector?: string;
  readonly fieldSelector?: string;
}

export interface ListResult<T> {
  readonly items: T[];
  readonly resourceVersion: string;
}

export interface WatchOptions extends ListOptions {
  /** Events after this version; absent or `0`: ADDED for everything there is, then what follows. */
  readonly resourceVersion?: string;
  readonly allowBookmarks?: boolean;
  readonly signal: AbortSignal;
}

export type WatchEvent<T> =
  | { readonly type: 'ADDED' | 'MODIFIED' | 'DELETED'; readonly object: T }
  | { readonly type: 'BOOKMARK'; readonly object: ApiObject };

export interface ObjectKey {
  readonly namespace?: string;
  readonly name: string;
}

export type PatchKind = 'json' | 'merge' | 'strategic';

export interface WriteOptions {
  /** `token` is that of ServiceAccounts: the object is a TokenRequest. `finalize` is that of Namespaces: it alone changes `spec.finalizers`. */
  readonly subresource?: 'status' | 'scale' | 'binding' | 'eviction' | 'finalize' | 'token';
  readonly fieldManager?: string;
}

export interface DeleteOptions {
  readonly gracePeriodSeconds?: number;
  readonly propagationPolicy?: 'Background' | 'Foreground' | 'Orphan';
  readonly preconditions?: { readonly uid?: string; readonly resourceVersion?: string };
}

export interface Transport {
  list<T extends ApiObject>(type: ResourceType<T>, options?: ListOptions): Promise<ListResult<T>>;
  /** Ends when the signal aborts (quietly) or the connection is lost (throws); `410 Expired` is thrown as an ApiError. */
  watch<T extends ApiObject>(type: ResourceType<T>, options: WatchOptions): AsyncIterable<WatchEvent<T>>;
  get<T extends ApiObject>(type: ResourceType<T>, key: ObjectKey): Promise<T>;
  create<T extends ApiObject>(type: ResourceType<T>, object: T, options?: WriteOptions): Promise<T>;
  /** Replaces; refused with 409 when `metadata.resourceVersion` is set and stale. */
  update<T extends ApiObject>(type: ResourceType<T>, object: T, options?: WriteOptions): Promise<T>;
  patch<T extends ApiObject>(
    type: ResourceType<T>,
    key: ObjectKey,
    kind: PatchKind,
    patch: unknown,
    options?: WriteOptions,
  ): Promise<T>;
  delete<T extends ApiObject>(type: ResourceType<T>, key: ObjectKey, options?: DeleteOptions): Promise<void>;
}

/** An answer of the API that is no success, with the `Status` it carried. */
export class ApiError extends Error {
  override readonly name = 'ApiError';
  readonly status: Status;

  constructor(status: Status) {
    super(status.message ?? status.reason ?? 'unknown API error');
    this.status = status;
  }

  get code(): number {
    return this.status.code ?? 500;
  }

  /** `NotFound`, `Conflict`, `AlreadyExists`, `Invalid`, `Expired`, … */
  get reason(): string {
    return this.status.reason ?? 'Unknown';
  }
}

/** True for an `ApiError` with this reason. */
export function hasReason(error: unknown, reason: string): error is ApiError {
  return error instanceof ApiError && error.reason === reason;
}
