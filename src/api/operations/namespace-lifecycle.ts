/**
 * What is particular to Namespaces: nothing is created in one that is absent or being deleted, some may not be
 * deleted, and one goes when `spec.finalizers` is empty (the namespace controller empties it through `finalize`).
 */
import { NAMESPACES } from '../../objects/resource.ts';
import type { ApiObject, Namespace } from '../../objects/wire.ts';
import type { ApiCore } from '../api-core.ts';
import type { ResourceDefinition } from '../resource-definition.ts';
import { forbidden, notFound } from '../status-error.ts';

const IMMORTAL = new Set(['default', 'kube-system', 'kube-public']);

export function isNamespace({ type }: ResourceDefinition): boolean {
  return type.kind === NAMESPACES.kind && type.group === NAMESPACES.group;
}

/** Refuses a create in a namespace that is absent (404) or being deleted (403). */
export function ensureNamespaceOpen(core: ApiCore, { type }: ResourceDefinition, object: ApiObject): void {
  const name = object.metadata?.namespace ?? '';
  const namespace = core.store.collection(NAMESPACES).get('', name)?.object;
  if (namespace === undefined) throw notFound(NAMESPACES, name);
  if (namespace.metadata?.deletionTimestamp === undefined) return;
  throw forbidden(
    type,
    object.metadata?.name ?? '',
    `unable to create new content in namespace ${name} because it is being terminated`,
    [{ reason: 'NamespaceTerminating', message: `namespace ${name} is being terminated`, field: 'metadata.namespace' }],
  );
}

/** Refuses to delete the namespaces every cluster has. */
export function ensureNamespaceMortal(name: string): void {
  if (IMMORTAL.has(name)) throw forbidden(NAMESPACES, name, 'this namespace may not be deleted');
}

/** Whether `spec.finalizers` still holds the namespace. */
export function holdsContent(object: ApiObject): boolean {
  return ((object as Namespace).spec?.finalizers?.length ?? 0) > 0;
}

/** The namespace as it is while its content is being deleted. */
export function terminating(object: ApiObject): ApiObject {
  const namespace = object as Namespace;
  return { ...namespace, status: { ...namespace.status, phase: 'Terminating' } } as ApiObject;
}
