/** Owner references: who controls an object, and the reference a controller leaves on what it makes. Pure. */
import { apiVersionOf, type ResourceType } from '../objects/resource.ts';
import type { ApiObject, OwnerReference } from '../objects/wire.ts';

/** The one owner that manages the object, if any. */
export function controllerOf(object: ApiObject): OwnerReference | undefined {
  return object.metadata?.ownerReferences?.find(({ controller }) => controller === true);
}

export function isControlledBy(object: ApiObject, owner: ApiObject): boolean {
  const uid = owner.metadata?.uid;
  return uid !== undefined && controllerOf(object)?.uid === uid;
}

/** The reference by which `owner` controls an object. */
export function controllerReference(type: ResourceType, owner: ApiObject): OwnerReference {
  const { name = '', uid = '' } = owner.metadata ?? {};
  return {
    apiVersion: apiVersionOf(type),
    kind: type.kind,
    name,
    uid,
    controller: true,
    blockOwnerDeletion: true,
  };
}

/** Index keys for an informer: the controller's uid. */
export function byController(object: ApiObject): string[] {
  const uid = controllerOf(object)?.uid;
  return uid === undefined ? [] : [uid];
}

/** Index keys for an informer: the namespace, under which objects that nobody controls are looked for. */
export function byNamespaceIfOrphan(object: ApiObject): string[] {
  return controllerOf(object) === undefined ? [object.metadata?.namespace ?? ''] : [];
}
