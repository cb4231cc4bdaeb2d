/**
 * What the API server knows of one resource. The server core (store, HTTP, watch, patch) is written against this
 * interface alone; each kind's file in `kinds/` fills it in; `registry.ts` lists them all.
 */
import type { ResourceType } from '../objects/resource.ts';
import type { ApiObject } from '../objects/wire.ts';
import type { FieldError } from './field-error.ts';

/** What a strategy may look at besides the object itself. All reads are of the current store. */
export interface RequestContext {
  readonly now: string;
  get<O extends ApiObject>(type: ResourceType<O>, namespace: string | undefined, name: string): O | undefined;
  list<O extends ApiObject>(type: ResourceType<O>, namespace?: string): O[];
  /** Adds a `Warning:` header to the answer. */
  warn(message: string): void;
  readonly dryRun: boolean;
}

export interface ResourceStrategy<T extends ApiObject> {
  /** Defaults beyond those of the schema facts (which are applied first). Changes the object in place. */
  setDefaults?(object: T): void;
  /** Clears what a client may not set on create (`status`), sets `generation: 1`. */
  prepareForCreate?(object: T, context: RequestContext): void;
  /** Carries over what this update may not touch (status on a spec update), bumps `generation` when the spec changed. */
  prepareForUpdate?(object: T, previous: T, context: RequestContext): void;
  /** The same for the `status` subresource: spec and metadata are carried over. */
  prepareForStatusUpdate?(object: T, previous: T, context: RequestContext): void;
  /** The same for Pods' `ephemeralcontainers`: everything else is carried over. */
  prepareForEphemeralContainers?(object: T, previous: T): void;
  validateEphemeralContainers?(object: T, previous: T): FieldError[];
  /** Settles on create what waits for the object's name, which may be a generated one. Changes the object in place. */
  canonicalize?(object: T): void;
  /**
   * Settles what Kubernetes settles ahead of validation (a Service's IP families); its complaints stand alone. Changes
   * the object in place.
   */
  settle?(object: T, previous: T | undefined): FieldError[];
  validate?(object: T, context: RequestContext): FieldError[];
  /** Rules that only a new object has to keep. */
  validateCreate?(object: T, context: RequestContext): FieldError[];
  validateUpdate?(object: T, previous: T, context: RequestContext): FieldError[];
  /**
   * Takes what the object needs from the shared ranges (clusterIP, nodePort) and gives back what `previous` no longer
   * needs. The last step that may refuse: all of it or nothing is taken, and the object is stored when no error came.
   */
  allocate?(object: T, previous: T | undefined, context: RequestContext): FieldError[];
  /** Marks what a stored object holds as taken, when a record is loaded at start. */
  restore?(object: T): void;
  /** Gives back what `allocate` took. Runs after the object has left the store. */
  release?(object: T): void;
  /** Objects written along with this one, in the same breath (a Namespace's default ServiceAccount). */
  afterCreate?(object: T, context: RequestContext): ApiObject[];
  /** Objects that exist as long as this one says so (a Service's IPAddresses); follows every write, and the delete. */
  companions?(object: T): ApiObject[];
  /** Field selectors beyond metadata.name and metadata.namespace: `spec.nodeName`, `status.phase`. */
  readonly selectableFields?: Readonly<Record<string, (object: T) => string>>;
  /** Seconds of grace on delete when the client names none; absent: removed at once. */
  defaultGracePeriodSeconds?(object: T): number | undefined;
}

export interface TableColumn {
  readonly name: string;
  readonly type: 'string' | 'integer' | 'number' | 'boolean' | 'date';
  readonly format?: 'name';
  readonly description: string;
  /** 0: always shown; 1: with `-o wide`. */
  readonly priority: 0 | 1;
}

export interface TableDefinition<T extends ApiObject> {
  readonly columns: readonly TableColumn[];
  /** One cell per column. `now` in milliseconds, for ages. */
  cells(object: T, now: number): (string | number | boolean)[];
}

/** Two versions of one object: neither direction changes what it is given. */
export interface ResourceView<T extends ApiObject> {
  readonly of: ResourceType;
  fromStored(object: ApiObject): T;
  toStored(object: T): ApiObject;
}

export interface ResourceDefinition<T extends ApiObject = ApiObject> {
  readonly type: ResourceType<T>;
  readonly singular: string;
  readonly shortNames: readonly string[];
  readonly categories: readonly string[];
  /** What clients of this kind are warned with, on every request. */
  readonly deprecation?: string;
  /** Name of its definition in the OpenAPI document: `io.k8s.api.core.v1.Service`. */
  readonly schema: string;
  readonly subresources: readonly (
    | 'status'
    | 'scale'
    | 'binding'
    | 'eviction'
    | 'log'
    | 'exec'
    | 'attach'
    | 'ephemeralcontainers'
    | 'portforward'
    | 'proxy'
    | 'finalize'
    | 'token'
  )[];
  readonly strategy: ResourceStrategy<T>;
  /** The resource that is stored, where this one is but another version of it. */
  readonly view?: ResourceView<T>;
  readonly table: TableDefinition<T>;
}
