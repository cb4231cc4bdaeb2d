/**
 * `Transport` over HTTPS to any API server, ours or upstream's: turns calls into paths, queries and bodies, and
 * answers into objects or `ApiError`s. Sockets, TLS and deadlines are api-connection.ts's.
 */
import { apiVersionOf, pathOf, type ResourceType } from '../objects/resource.ts';
import {
  ApiError,
  type DeleteOptions,
  type ListOptions,
  type ListResult,
  type ObjectKey,
  type PatchKind,
  type Transport,
  type WatchEvent,
  type WatchOptions,
  type WriteOptions,
} from '../objects/transport.ts';
import type { ApiObject, Status } from '../objects/wire.ts';
import { type ApiAnswer, ApiConnection, type ApiConnectionOptions, readBody } from './api-connection.ts';
import { jsonLines } from './json-lines.ts';

const PATCH_TYPES: Readonly<Record<PatchKind, string>> = {
  json: 'application/json-patch+json',
  merge: 'application/merge-patch+json',
  strategic: 'application/strategic-merge-patch+json',
};
/** Seconds after which the server ends a watch and the informer resumes it, spread so that not all come at once. */
const WATCH_SECONDS = { least: 300, spread: 300 };

/** Opens no connection before its first call. */
export class RemoteTransport implements Transport {
  readonly #connection: ApiConnection;

  constructor(options: ApiConnectionOptions) {
    this.#connection = new ApiConnection(options);
  }

  async list<T extends ApiObject>(type: ResourceType<T>, options: ListOptions = {}): Promise<ListResult<T>> {
    const path = pathOf(type, options.namespace) + queryOf(selectorsOf(options));
    const list = parse<{ items?: T[] | null; metadata?: { resourceVersion?: string } }>(
      await this.#connection.request({ method: 'GET', path }),
    );
    const typed = { apiVersion: apiVersionOf(type), kind: type.kind };
    // Items of a list carry no apiVersion and kind of their own.
    const items = (list.items ?? []).map((item) => withoutClaims({ ...typed, ...item }));
    return { items, resourceVersion: list.metadata?.resourceVersion ?? '' };
  }

  async *watch<T extends ApiObject>(type: ResourceType<T>, options: WatchOptions): AsyncGenerator<WatchEvent<T>> {
    const { signal, resourceVersion, allowBookmarks } = options;
    if (signal.aborted) return;
    const query = {
      ...selectorsOf(options),
      watch: 'true',
      resourceVersion,
      allowWatchBookmarks: allowBookmarks === true ? 'true' : undefined,
      timeoutSeconds: String(WATCH_SECONDS.least + Math.floor(Math.random() * WATCH_SECONDS.spread)),
    };
    const path = pathOf(type, options.namespace) + queryOf(query);
    try {
      const response = await this.#connection.stream({ method: 'GET', path }, signal);
      const status = response.statusCode ?? 0;
      if (status !== 200) throw errorOf({ status, body: await readBody(response) });
      for await (const event of jsonLines(response)) {
        yield eventOf<T>(event);
        if (signal.aborted) return;
      }
    } catch (error) {
      if (!signal.aborted) throw error;
    }
  }

  async get<T extends ApiObject>(type: ResourceType<T>, key: ObjectKey): Promise<T> {
    const path = pathOf(type, key.namespace, key.name);
    return parse(await this.#connection.request({ method: 'GET', path }));
  }

  async create<T extends ApiObject>(type: ResourceType<T>, object: T, options: WriteOptions = {}): Promise<T> {
    const { namespace, name } = object.metadata ?? {};
    // A subresource (binding, eviction) belongs to the object its own metadata names.
    const path =
      options.subresource === undefined
        ? pathOf(type, namespace)
        : pathOf(type, namespace, name ?? '', options.subresource);
    return parse(
      await this.#connection.request({
        method: 'POST',
        path: path + queryOf({ fieldManager: options.fieldManager }),
        body: withType(type, object),
      }),
    );
  }

  async update<T extends ApiObject>(type: ResourceType<T>, object: T, options: WriteOptions = {}): Promise<T> {
    const { namespace, name = '' } = object.metadata ?? {};
    const path = pathOf(type, namespace, name, options.subresource) + queryOf({ fieldManager: options.fieldManager });
    return parse(await this.#connection.request({ method: 'PUT', path, body: withType(type, object) }));
  }

  async patch<T extends ApiObject>(
    type: ResourceType<T>,
    key: ObjectKey,
    kind: PatchKind,
    patch: unknown,
    options: WriteOptions = {},
  ): Promise<T> {
    const path = pathOf(type, key.namespace, key.name, options.subresource);
    return parse(
      await this.#connection.request({
        method: 'PATCH',
        path: path + queryOf({ fieldManager: options.fieldManager }),
        body: patch,
        contentType: PATCH_TYPES[kind],
      }),
    );
  }

  async delete<T extends ApiObject>(type: ResourceType<T>, key: ObjectKey, options: DeleteOptions = {}): Promise<void> {
    parse(
      await this.#connection.request({
        method: 'DELETE',
        path: pathOf(type, key.namespace, key.name),
        body: { apiVersion: 'v1', kind: 'DeleteOptions', ...options },
      }),
    );
  }

  /** Closes idle connections; requests under way finish. */
  close(): void {
    this.#connection.close();
  }
}

function withType<T extends ApiObject>(type: ResourceType<T>, object: T): T {
  return { ...object, apiVersion: object.apiVersion ?? apiVersionOf(type), kind: object.kind ?? type.kind };
}

function selectorsOf({ labelSelector, fieldSelector }: ListOptions): Record<string, string | undefined> {
  return { labelSelector, fieldSelector };
}

function queryOf(values: Readonly<Record<string, string | undefined>>): string {
  const query = new URLSearchParams();
  for (const [key, value] of Object.entries(values)) if (value !== undefined && value !== '') query.set(key, value);
  return query.size === 0 ? '' : `?${query}`;
}

function parse<R>(answer: ApiAnswer): R {
  if (answer.status < 200 || answer.status > 299) throw errorOf(answer);
  return JSON.parse(answer.body.toString('utf8')) as R;
}

/** The answer's Status as an error; a proxy's or broken server's answer is wrapped in one. */
function errorOf({ status, body }: ApiAnswer): ApiError {
  const text = body.toString('utf8');
  try {
    const parsed = JSON.parse(text) as Status | null;
    if (parsed?.kind === 'Status') return new ApiError({ ...parsed, code: parsed.code ?? status });
  } catch {
    // No JSON: the text itself is what the answerer had to say.
  }
  const message = `the server answered ${status}: ${text.trim().slice(0, 500)}`;
  return new ApiError({ kind: 'Status', apiVersion: 'v1', status: 'Failure', code: status, message });
}

function eventOf<T extends ApiObject>(line: unknown): WatchEvent<T> {
  const event = line as WatchEvent<T> | { type: 'ERROR'; object: Status };
  if (event.type === 'ERROR') throw new ApiError(event.object);
  withoutClaims(event.object);
  return event;
}

/**
 * What is listed and watched is kept in caches, where the claims of field managers would only take room: no component reads
 * them, and a write that leaves them out leaves them as they are. Changes the object just received.
 */
function withoutClaims<T extends ApiObject>(object: T): T {
  if (object.metadata !== undefined) delete object.metadata.managedFields;
  return object;
}
