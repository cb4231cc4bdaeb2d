/**
 * Which objects a list answers with: today's, those of an exact version, or the next page of a snapshot. A page is no
 * state of the server: the token carries the version, and the watch log gives back what has changed since.
 */
import type { ApiCore } from '../api-core.ts';
import type { ObjectFilter } from '../operations/read.ts';
import type { ResourceDefinition } from '../resource-definition.ts';
import { badRequest, expired, statusError, tooLargeResourceVersion } from '../status-error.ts';
import type { StoredObject } from '../store/stored-object.ts';
import { checkListOptions } from './list-options.ts';
import type { ListMeta } from './representation.ts';

export interface ListRequest {
  readonly namespace: string | undefined;
  readonly filter: ObjectFilter | undefined;
  readonly query: URLSearchParams;
}

export interface ListPage {
  readonly entries: readonly StoredObject[];
  readonly meta: ListMeta;
}

interface PageToken {
  readonly revision: number;
  /** `namespace/name` of the last object already given. */
  readonly after: string;
}

/** Throws Invalid and BadRequest (parameters), Expired (a page or version too old), Timeout (a version yet to come). */
export function listPage(core: ApiCore, definition: ResourceDefinition, request: ListRequest): ListPage {
  checkListOptions(request.query, 'list');
  const limit = countParameter(request.query, 'limit') ?? 0;
  const token = parseToken(request.query);
  const revision = token?.revision ?? exactRevision(core, request.query);
  const all = entriesAt(core, definition, request, revision, token !== undefined);
  const chosen = request.filter === undefined ? all : all.filter(({ object }) => request.filter!(object));
  const rest = token === undefined ? chosen : after(chosen, token.after);
  const version = revision ?? core.store.revision;
  if (limit === 0 || rest.length <= limit) return { entries: rest, meta: { resourceVersion: String(version) } };
  const entries = rest.slice(0, limit);
  return {
    entries,
    meta: {
      resourceVersion: String(version),
      continue: formatToken({ revision: version, after: keyOf(entries.at(-1)!) }),
      // With a selector the server does not know how many more will match, says the API; we keep to that.
      ...(request.filter === undefined ? { remainingItemCount: rest.length - limit } : {}),
    },
  };
}

function entriesAt(
  core: ApiCore,
  { type }: ResourceDefinition,
  { namespace }: ListRequest,
  revision: number | undefined,
  continued: boolean,
): StoredObject[] {
  const collection = core.store.collection(type);
  if (revision === undefined) return collection.entries(namespace);
  try {
    return collection.entriesAt(revision, namespace);
  } catch (error) {
    if (!continued) throw error;
    throw expired(
      'The provided continue parameter is too old to display a consistent list result. You must start a new list without the continue parameter.',
    );
  }
}

/** The version a list must show exactly; undefined when the current state will do. */
function exactRevision(core: ApiCore, query: URLSearchParams): number | undefined {
  const match = query.get('resourceVersionMatch') ?? '';
  const revision = parseResourceVersion(query);
  if (revision === undefined || revision === 0) return undefined;
  if (revision > core.store.revision) throw tooLargeResourceVersion(revision, core.store.revision);
  return match === 'Exact' ? revision : undefined;
}

/** The `resourceVersion` parameter; undefined when absent. Throws BadRequest. */
export function parseResourceVersion(query: URLSearchParams): number | undefined {
  const text = query.get('resourceVersion') ?? '';
  if (text === '') return undefined;
  if (!/^\d{1,15}$/.test(text)) throw badRequest(`invalid resource version "${text}"`);
  return Number(text);
}

/** A parameter that counts something (`limit`, `timeoutSeconds`). Throws BadRequest. */
export function countParameter(query: URLSearchParams, name: string): number | undefined {
  const text = query.get(name) ?? '';
  if (text === '') return undefined;
  if (!/^\d{1,9}$/.test(text)) {
    throw badRequest(`strconv.ParseInt: parsing ${JSON.stringify(text)}: invalid syntax (parameter ${name})`);
  }
  return Number(text);
}

function keyOf({ object }: StoredObject): string {
  return `${object.metadata?.namespace ?? ''}/${object.metadata?.name}`;
}

function after(entries: readonly StoredObject[], key: string): StoredObject[] {
  return entries.filter((entry) => keyOf(entry) > key);
}

function formatToken({ revision, after: start }: PageToken): string {
  return Buffer.from(JSON.stringify({ v: 'meta.k8s.io/v1', rv: revision, start })).toString('base64url');
}

function parseToken(query: URLSearchParams): PageToken | undefined {
  const text = query.get('continue') ?? '';
  if (text === '') return undefined;
  try {
    const { rv, start } = JSON.parse(Buffer.from(text, 'base64url').toString()) as { rv?: unknown; start?: unknown };
    if (typeof rv === 'number' && typeof start === 'string') return { revision: rv, after: start };
  } catch {
    // Told below, with every other token that is not ours.
  }
  throw statusError(400, 'BadRequest', 'continue key is not valid: the token was not given by this server');
}
