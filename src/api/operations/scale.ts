/** The `scale` subresource: a view of `spec.replicas` that kubectl and autoscalers read and write alike for all kinds. */
import { apiVersionOf } from '../../objects/resource.ts';
import { formatLabelSelector } from '../../objects/selectors.ts';
import type { ApiObject, LabelSelector } from '../../objects/wire.ts';
import type { ApiCore, WriteRequest } from '../api-core.ts';
import { copyJson } from '../json.ts';
import type { ResourceDefinition } from '../resource-definition.ts';
import { invalid, modified } from '../status-error.ts';
import type { StoredObject } from '../store/stored-object.ts';
import { type ApplyRequest, applyObject } from './apply.ts';
import { getObject } from './read.ts';
import { updateObject } from './update.ts';

interface Scalable extends ApiObject {
  spec?: { replicas?: number; selector?: LabelSelector | Record<string, string> };
  status?: { replicas?: number };
}

export interface Scale extends ApiObject {
  spec: { replicas?: number };
  status: { replicas: number; selector?: string };
}

/** The Scale of a stored object. */
export function scaleOf(object: ApiObject): Scale {
  const { metadata, spec, status } = object as Scalable;
  const selector = selectorText(spec?.selector);
  return {
    kind: 'Scale',
    apiVersion: 'autoscaling/v1',
    metadata: {
      name: metadata?.name,
      namespace: metadata?.namespace,
      uid: metadata?.uid,
      resourceVersion: metadata?.resourceVersion,
      creationTimestamp: metadata?.creationTimestamp,
    } as Scale['metadata'] & object,
    spec: { replicas: spec?.replicas ?? 0 },
    status: { replicas: status?.replicas ?? 0, ...(selector === undefined ? {} : { selector }) },
  };
}

/** Sets `spec.replicas` to the Scale's. Throws NotFound, Conflict, Invalid. */
export function updateScale(
  core: ApiCore,
  definition: ResourceDefinition,
  scale: Scale,
  request: WriteRequest = {},
): StoredObject {
  const { name = '', namespace = '', resourceVersion } = scale.metadata ?? {};
  const previous = getObject(core, definition, namespace, name);
  if (resourceVersion && resourceVersion !== previous.object.metadata?.resourceVersion) {
    throw modified(definition.type, name);
  }
  const object = copyJson(previous.object) as Scalable;
  object.spec = { ...object.spec, replicas: replicasOf(scale, name) };
  return updateObject(core, definition, object, 'object', { ...request, through: 'scale' });
}

/**
 * Applies a Scale: its manager claims `spec.replicas` of the object itself, through the subresource. Throws NotFound,
 * BadRequest (another name), Conflict (others' claims), Invalid.
 */
export function applyScale(
  core: ApiCore,
  definition: ResourceDefinition,
  target: { readonly namespace: string; readonly name: string },
  scale: Scale,
  request: ApplyRequest,
): StoredObject {
  const config: Scalable = {
    apiVersion: apiVersionOf(definition.type),
    kind: definition.type.kind,
    ...(scale.metadata === undefined ? {} : { metadata: scale.metadata }),
    spec: { replicas: replicasOf(scale, target.name) },
  };
  return applyObject(core, definition, { ...target, scope: 'object' }, config, { ...request, through: 'scale' }).entry;
}

function replicasOf(scale: Scale, name: string): number {
  const replicas = scale.spec?.replicas ?? 0;
  if (Number.isInteger(replicas) && replicas >= 0) return replicas;
  throw invalid({ group: 'autoscaling', kind: 'Scale' }, name, [
    {
      type: 'FieldValueInvalid',
      field: 'spec.replicas',
      message: `Invalid value: ${replicas}: must be greater than or equal to 0`,
    },
  ]);
}

/** A ReplicationController's selector is a plain map, everyone else's a LabelSelector. */
function selectorText(selector: LabelSelector | Record<string, string> | undefined): string | undefined {
  if (selector === undefined) return undefined;
  const structured = 'matchLabels' in selector || 'matchExpressions' in selector;
  return formatLabelSelector((structured ? selector : { matchLabels: selector }) as LabelSelector);
}
