/**
 * Objects, lists and watch events in the form the client asked for. The plain form joins the stored objects' own JSON
 * texts; nothing is encoded twice.
 */
import { apiVersionOf } from '../../objects/resource.ts';
import type { ApiObject } from '../../objects/wire.ts';
import type { ResourceDefinition } from '../resource-definition.ts';
import type { StoredObject } from '../store/stored-object.ts';
import type { AnswerForm } from './negotiation.ts';
import { type IncludeObject, tableRepresentation } from './table.ts';
import { inPieces } from './text-pieces.ts';

export interface ListMeta {
  readonly resourceVersion: string;
  readonly continue?: string;
  readonly remainingItemCount?: number;
}

export type FrameType = 'ADDED' | 'MODIFIED' | 'DELETED';

export interface Representation {
  /** Names the form among those of one resource: watchers with the same name share their frames. */
  readonly name: string;
  object(entry: StoredObject): string;
  /** The list in pieces, for one response. */
  list(entries: readonly StoredObject[], meta: ListMeta): Iterable<string>;
  /** The object member of a watch event. */
  event(entry: StoredObject): string;
  /** The object member of a bookmark. */
  bookmark(metadata: ApiObject['metadata']): string;
}

/** The representation of a resource in a form. */
export function representationOf(
  definition: ResourceDefinition,
  form: AnswerForm,
  include: IncludeObject = 'Metadata',
): Representation {
  if (form.as === 'table') return tableRepresentation(definition, form.version, include);
  if (form.as === 'metadata') return metadataRepresentation(form.version);
  return plainRepresentation(definition);
}

function plainRepresentation({ type }: ResourceDefinition): Representation {
  const apiVersion = apiVersionOf(type);
  const head = { kind: `${type.kind}List`, apiVersion };
  return {
    name: 'object',
    object: (entry) => entry.json,
    list: (entries, meta) => listPieces(head, entries, meta, (entry) => entry.json),
    event: (entry) => entry.json,
    bookmark: (metadata) => JSON.stringify({ kind: type.kind, apiVersion, metadata }),
  };
}

function metadataRepresentation(version: string): Representation {
  const apiVersion = `meta.k8s.io/${version}`;
  const render = ({ metadata }: ApiObject) => JSON.stringify({ kind: 'PartialObjectMetadata', apiVersion, metadata });
  const head = { kind: 'PartialObjectMetadataList', apiVersion };
  return {
    name: `metadata/${version}`,
    object: (entry) => render(entry.object),
    list: (entries, meta) => listPieces(head, entries, meta, (entry) => render(entry.object)),
    event: (entry) => render(entry.object),
    bookmark: (metadata) => render({ metadata } as ApiObject),
  };
}

function* listPieces(
  head: object,
  entries: readonly StoredObject[],
  metadata: ListMeta,
  render: (entry: StoredObject) => string,
): Iterable<string> {
  const opening = JSON.stringify({ ...head, metadata });
  yield `${opening.slice(0, -1)},"items":[`;
  yield* inPieces(entries, render, ',');
  yield ']}\n';
}
