/** Reads: one object, or those of a collection that selectors let through. */

import { type LabelMatcher, parseFieldSelector, parseLabelSelector, SelectorError } from '../../objects/selectors.ts';
import type { ApiObject } from '../../objects/wire.ts';
import type { ApiCore } from '../api-core.ts';
import type { ResourceDefinition } from '../resource-definition.ts';
import { badRequest, notFound } from '../status-error.ts';
import type { StoredObject } from '../store/stored-object.ts';

export interface Selection {
  readonly labelSelector?: string | undefined;
  readonly fieldSelector?: string | undefined;
}

export type ObjectFilter = (object: ApiObject) => boolean;

/** The stored object. Throws NotFound. */
export function getObject(core: ApiCore, { type }: ResourceDefinition, namespace: string, name: string): StoredObject {
  const entry = core.store.collection(type).get(namespace, name);
  if (entry === undefined) throw notFound(type, name);
  return entry;
}

/** A filter of both selectors, or undefined when everything passes. Throws BadRequest for what cannot be read. */
export function compileSelection(definition: ResourceDefinition, selection: Selection): ObjectFilter | undefined {
  const filters: ObjectFilter[] = [];
  try {
    if (selection.labelSelector) {
      const matches: LabelMatcher = parseLabelSelector(selection.labelSelector);
      filters.push((object) => matches(object.metadata?.labels));
    }
    if (selection.fieldSelector) filters.push(...fieldFilters(definition, selection.fieldSelector));
  } catch (error) {
    if (error instanceof SelectorError) throw badRequest(error.message);
    throw error;
  }
  if (filters.length === 0) return undefined;
  return (object) => filters.every((filter) => filter(object));
}

function fieldFilters({ strategy, type }: ResourceDefinition, selector: string): ObjectFilter[] {
  return parseFieldSelector(selector).map(({ field, equals, value }) => {
    const read = fieldReader(field, strategy.selectableFields);
    if (read === undefined) {
      const example = type.group === '' ? type.version : `${type.group}/${type.version}`;
      throw badRequest(
        `Unable to find "${example}, Resource=${type.plural}" that match label selector "", field selector "${selector}": field label not supported: ${field}`,
      );
    }
    return (object) => (read(object) === value) === equals;
  });
}

function fieldReader(
  field: string,
  selectable: ResourceDefinition['strategy']['selectableFields'],
): ((object: ApiObject) => string) | undefined {
  if (field === 'metadata.name') return (object) => object.metadata?.name ?? '';
  if (field === 'metadata.namespace') return (object) => object.metadata?.namespace ?? '';
  return selectable !== undefined && Object.hasOwn(selectable, field) ? selectable[field] : undefined;
}
