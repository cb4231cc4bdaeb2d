/** The `Table` form, which `kubectl get` prints: the kind's own columns, and per row as much of the object as is asked for. */
import type { ApiObject } from '../../objects/wire.ts';
import type { ResourceDefinition } from '../resource-definition.ts';
import { badRequest } from '../status-error.ts';
import type { StoredObject } from '../store/stored-object.ts';
import type { ListMeta, Representation } from './representation.ts';
import { inPieces } from './text-pieces.ts';

export type IncludeObject = 'None' | 'Metadata' | 'Object';

/** The `includeObject` parameter. Throws BadRequest. */
export function parseIncludeObject(value: string | null): IncludeObject {
  if (value === null || value === '') return 'Metadata';
  if (value === 'None' || value === 'Metadata' || value === 'Object') return value;
  throw badRequest(`unrecognized includeObject value: "${value}"`);
}

export function tableRepresentation(
  { table }: ResourceDefinition,
  version: 'v1' | 'v1beta1',
  include: IncludeObject,
): Representation {
  const apiVersion = `meta.k8s.io/${version}`;
  const columnDefinitions = table.columns.map(({ name, type, format, description, priority }) => ({
    name,
    // A date column holds an age already; clients know it as a string.
    type: type === 'date' ? 'string' : type,
    format: format ?? '',
    description,
    priority,
  }));
  const row = ({ object }: StoredObject, now: number) => ({
    cells: table.cells(object, now),
    ...rowObject(object, apiVersion, include),
  });
  function* list(entries: readonly StoredObject[], metadata: ListMeta): Iterable<string> {
    const now = Date.now();
    const opening = JSON.stringify({ kind: 'Table', apiVersion, metadata, columnDefinitions });
    yield `${opening.slice(0, -1)},"rows":[`;
    yield* inPieces(entries, (entry) => JSON.stringify(row(entry, now)), ',');
    yield ']}\n';
  }
  const single = (entry: StoredObject) => {
    const resourceVersion = entry.object.metadata?.resourceVersion ?? '';
    return [...list([entry], { resourceVersion })].join('').trimEnd();
  };
  return {
    name: `table/${version}/${include}`,
    object: single,
    list,
    event: single,
    bookmark: (metadata) => {
      const rows = [{ cells: [], ...rowObject({ metadata } as ApiObject, apiVersion, 'Metadata') }];
      return JSON.stringify({ kind: 'Table', apiVersion, metadata: {}, columnDefinitions, rows });
    },
  };
}

function rowObject(object: ApiObject, apiVersion: string, include: IncludeObject): { object?: unknown } {
  if (include === 'None') return {};
  if (include === 'Object') return { object };
  return { object: { kind: 'PartialObjectMetadata', apiVersion, metadata: object.metadata } };
}
