/** The `binding` subresource of Pods: the scheduler's decision. */
import { timestamp } from '../../objects/timestamp.ts';
import type { ApiObject, Pod, PodCondition } from '../../objects/wire.ts';
import type { ApiCore, WriteRequest } from '../api-core.ts';
import type { ResourceDefinition } from '../resource-definition.ts';
import { badRequest, conflict } from '../status-error.ts';
import { getObject } from './read.ts';
import { checkPreconditions } from './update.ts';

export interface Binding extends ApiObject {
  readonly target?: { readonly kind?: string; readonly name?: string };
}

/** Gives a pod its node. Throws NotFound, Conflict when it has one already or is being deleted. */
export function bindPod(
  core: ApiCore,
  definition: ResourceDefinition,
  key: { readonly namespace: string; readonly name: string },
  binding: Binding,
  request: WriteRequest = {},
): void {
  const node = binding.target?.name;
  if (!node) throw badRequest('target.name: Required value');
  const pod = getObject(core, definition, key.namespace, key.name).object as Pod;
  // A pod of the same name may have come since the scheduler chose.
  checkPreconditions(definition, binding, pod);
  const address = { group: '', plural: 'pods/binding' };
  if (pod.metadata?.deletionTimestamp !== undefined) {
    throw conflict(address, key.name, `pod ${key.name} is being deleted, cannot be assigned to a host`);
  }
  if (pod.spec?.nodeName) {
    throw conflict(address, key.name, `pod ${key.name} is already assigned to node "${pod.spec.nodeName}"`);
  }
  if ((pod.spec?.schedulingGates ?? []).length > 0) {
    throw conflict(address, key.name, `pod ${key.name} has non-empty .spec.schedulingGates`);
  }
  if (request.dryRun === true) return;
  const scheduled = {
    type: 'PodScheduled',
    status: 'True',
    lastProbeTime: null,
    lastTransitionTime: timestamp(),
  } as unknown as PodCondition;
  const others = (pod.status?.conditions ?? []).filter(({ type }) => type !== 'PodScheduled');
  const bound = {
    ...pod,
    spec: { ...pod.spec, nodeName: node },
    status: { ...pod.status, conditions: [...others, scheduled] },
  };
  core.store.put(definition.type, bound as ApiObject);
}
