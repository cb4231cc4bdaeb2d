/** How the fields of a kind are tracked in one kind of write, and which of them are nobody's. */
import { apiVersionOf } from '../../objects/resource.ts';
import type { ResourceDefinition } from '../resource-definition.ts';
import { difference, differenceWithBelow, type FieldSet, LEAF, setOfPaths } from './field-set.ts';
import { type FieldType, fieldTypeOf } from './field-type.ts';

export interface Tracking {
  readonly type: FieldType;
  readonly apiVersion: string;
  readonly subresource?: string;
  /** What a write of this kind does not reach, with all below it. */
  readonly ignored: FieldSet;
}

/** Kubernetes' list of what no manager ever owns (stripmeta.go). */
const NOBODYS = setOfPaths([
  ['f:apiVersion'],
  ['f:kind'],
  ['f:metadata'],
  ...['name', 'namespace', 'creationTimestamp', 'selfLink', 'uid', 'generation', 'resourceVersion'].map((field) => [
    'f:metadata',
    `f:${field}`,
  ]),
]);

const STATUS = setOfPaths([['f:status']]);
const ALL_BUT_STATUS = setOfPaths([['f:metadata'], ['f:spec']]);
const ALL_BUT_SPEC = setOfPaths([['f:metadata'], ['f:status']]);

/** `subresource`: none for the object itself. Where status is a subresource, the object's own writes do not reach it. */
export function trackingOf({ type, schema, subresources }: ResourceDefinition, subresource?: string): Tracking {
  const base = { type: fieldTypeOf(schema), apiVersion: apiVersionOf(type) };
  if (subresource === 'status') return { ...base, subresource, ignored: ALL_BUT_STATUS };
  if (subresource === 'finalize') return { ...base, subresource, ignored: ALL_BUT_SPEC };
  const ignored = subresources.includes('status') ? STATUS : LEAF;
  return subresource === undefined ? { ...base, ignored } : { ...base, subresource, ignored };
}

/** The fields of a set that this kind of write reaches. */
export function reached({ ignored }: Tracking, fields: FieldSet): FieldSet {
  return differenceWithBelow(fields, ignored);
}

/** The fields of a set that somebody can own. */
export function ownable(fields: FieldSet): FieldSet {
  return difference(fields, NOBODYS);
}
