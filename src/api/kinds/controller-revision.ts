/** ControllerRevision: a template a StatefulSet or DaemonSet has had. What it holds never changes; its number may rise. */
import { isDeepStrictEqual } from 'node:util';
import { CONTROLLER_REVISIONS } from '../../objects/resource.ts';
import type { ControllerRevision } from '../../objects/wire.ts';
import type { FieldError } from '../field-error.ts';
import type { ResourceDefinition } from '../resource-definition.ts';
import { AGE, ageOf, column, NAME, nameOf } from './columns.ts';

export const controllerRevision: ResourceDefinition<ControllerRevision> = {
  type: CONTROLLER_REVISIONS,
  singular: 'controllerrevision',
  shortNames: [],
  categories: [],
  schema: 'io.k8s.api.apps.v1.ControllerRevision',
  subresources: [],
  strategy: {
    validate: (object) => [...dataErrors(object), ...revisionErrors(object)],
    validateUpdate: (object, previous) =>
      isDeepStrictEqual(object.data, previous.data)
        ? revisionErrors(object)
        : [{ type: 'FieldValueInvalid', field: 'data', message: 'Invalid value: field is immutable' }],
  },
  table: {
    columns: [
      NAME,
      column('Controller', 'Controller of the object'),
      column('Revision', 'Revision indicates the revision of the state represented by Data.', 'integer'),
      AGE,
    ],
    cells: (object, now) => [nameOf(object), controllerText(object), object.revision, ageOf(object, now)],
  },
};

function dataErrors({ data }: ControllerRevision): FieldError[] {
  if (data !== undefined) return [];
  return [{ type: 'FieldValueRequired', field: 'data', message: 'Required value: data is mandatory' }];
}

function revisionErrors({ revision }: ControllerRevision): FieldError[] {
  if (revision >= 0) return [];
  const message = `Invalid value: ${revision}: must be greater than or equal to 0`;
  return [{ type: 'FieldValueInvalid', field: 'revision', message }];
}

/** `statefulset.apps/web`. */
function controllerText({ metadata }: ControllerRevision): string {
  const owner = metadata?.ownerReferences?.find(({ controller }) => controller === true);
  if (owner === undefined) return '<none>';
  const group = owner.apiVersion.includes('/') ? `.${owner.apiVersion.split('/')[0]}` : '';
  return `${owner.kind.toLowerCase()}${group}/${owner.name}`;
}
