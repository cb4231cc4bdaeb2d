/**
 * Namespaces: deletes the content of one that is going, says in its conditions what remains, then lets it go (`finalize`). Sees to it that one that stays
 * has its default ServiceAccount and the CA ConfigMap again when somebody removed them.
 */

import { isDeepStrictEqual } from 'node:util';
import { keyOf } from '../client/informer.ts';
import type { Component } from '../objects/component.ts';
import { CONFIG_MAPS, NAMESPACES, type ResourceType, SERVICE_ACCOUNTS } from '../objects/resource.ts';
import { timestamp } from '../objects/timestamp.ts';
import { hasReason } from '../objects/transport.ts';
import type { ApiObject, ConfigMap, Namespace } from '../objects/wire.ts';
import type { ControllerContext } from './controller-context.ts';
import { KeyedController } from './keyed-controller.ts';
import { deletionConditions, type Remaining } from './namespace-conditions.ts';

const FINALIZER = 'kubernetes';
const ROOT_CA = 'kube-root-ca.crt';
/** Content in deletion is watched, not waited for; this only guards against a change that was missed. */
const RECHECK_MS = 5_000;
const CONCURRENCY = 4;
/** Deletes under way at once, within one namespace. */
const PARALLEL = 32;

/** The namespace controller over these resources, as a component. */
export function namespaceController(context: ControllerContext, types: readonly ResourceType[]): Component {
  const { transport } = context;
  const namespaces = context.informers.informer(NAMESPACES);
  const contents = types
    .filter(({ namespaced }) => namespaced)
    .map((type) => {
      const informer = context.informers.informer(type as ResourceType<ApiObject>);
      return { type, informer, byNamespace: informer.index(({ metadata }) => [metadata?.namespace ?? '']) };
    });
  const caConfigMaps = context.informers.informer(CONFIG_MAPS);
  const controller = new KeyedController('namespace-controller', context, reconcile, { concurrency: CONCURRENCY });
  const { queue } = controller;

  namespaces.onChange(({ object }) => queue.add(keyOf(object)));
  for (const { type, informer } of contents) {
    const essential = type.plural === SERVICE_ACCOUNTS.plural || type.plural === CONFIG_MAPS.plural;
    informer.onChange((change) => {
      const { namespace = '' } = change.object.metadata ?? {};
      const going = namespaces.get(namespace)?.metadata?.deletionTimestamp !== undefined;
      if (going || (change.type === 'deleted' && essential)) queue.add(namespace);
    });
  }

  async function reconcile(name: string): Promise<void> {
    const namespace = namespaces.get(name);
    if (namespace === undefined) return;
    if (namespace.metadata?.deletionTimestamp === undefined) await ensureEssentials(name);
    else await empty(namespace);
  }

  async function ensureEssentials(name: string): Promise<void> {
    if (context.informers.informer(SERVICE_ACCOUNTS).get(`${name}/default`) === undefined) {
      await createUnlessThere(SERVICE_ACCOUNTS, { metadata: { name: 'default', namespace: name } });
    }
    if (caConfigMaps.get(`${name}/${ROOT_CA}`) !== undefined) return;
    // Any other namespace's copy has the certificate: the API server puts it there at birth.
    const other = caConfigMaps.list().find(({ metadata }) => metadata?.name === ROOT_CA);
    if (other === undefined) return;
    const { annotations } = other.metadata ?? {};
    const copy: ConfigMap = {
      metadata: { name: ROOT_CA, namespace: name, ...(annotations === undefined ? {} : { annotations }) },
      ...(other.data === undefined ? {} : { data: other.data }),
    };
    await createUnlessThere(CONFIG_MAPS, copy);
  }

  async function createUnlessThere<T extends ApiObject>(type: ResourceType<T>, object: T): Promise<void> {
    try {
      await transport.create(type, object);
    } catch (error) {
      if (!hasReason(error, 'AlreadyExists') && !hasReason(error, 'NotFound') && !hasReason(error, 'Forbidden')) {
        throw error;
      }
    }
  }

  async function empty(namespace: Namespace): Promise<void> {
    const name = namespace.metadata?.name ?? '';
    const left = contents.flatMap(({ type, byNamespace }) => byNamespace.get(name).map((object) => ({ type, object })));
    const standing = left.filter(({ object }) => object.metadata?.deletionTimestamp === undefined);
    await inParallel(standing, ({ type, object }) => remove(type, object));
    if (left.length > 0) {
      // What was only just deleted may be gone by now; what had been before is waited for.
      if (standing.length === 0) await tellWhatRemains(namespace, left);
      // Each object that goes brings the key back; graceful pods take their time.
      queue.addAfter(name, RECHECK_MS);
      return;
    }
    if (!(await isReallyEmpty(name))) {
      queue.addAfter(name, 100);
      return;
    }
    await finalize(namespace);
  }

  async function tellWhatRemains(namespace: Namespace, left: readonly Remaining[]): Promise<void> {
    const present = namespace.status?.conditions ?? [];
    const conditions = deletionConditions(present, left, timestamp(context.now()));
    if (isDeepStrictEqual(conditions, present)) return;
    const told = { ...namespace, status: { ...namespace.status, conditions } };
    try {
      await transport.update(NAMESPACES, told, { subresource: 'status' });
    } catch (error) {
      if (!hasReason(error, 'NotFound')) throw error;
    }
  }

  /** Asks the API itself: the caches may not yet show what was created just before the namespace closed. */
  async function isReallyEmpty(name: string): Promise<boolean> {
    for (const { type } of contents) {
      const { items } = await transport.list(type as ResourceType<ApiObject>, { namespace: name });
      if (items.length > 0) return false;
    }
    return true;
  }

  async function remove(type: ResourceType, object: ApiObject): Promise<void> {
    const { name = '', namespace = '', uid } = object.metadata ?? {};
    const preconditions = uid === undefined ? {} : { preconditions: { uid } };
    try {
      await transport.delete(type, { name, namespace }, { propagationPolicy: 'Background', ...preconditions });
    } catch (error) {
      if (!hasReason(error, 'NotFound')) throw error;
    }
  }

  async function finalize(namespace: Namespace): Promise<void> {
    const finalizers = (namespace.spec?.finalizers ?? []).filter((finalizer) => finalizer !== FINALIZER);
    try {
      const emptied = { ...namespace, spec: { ...namespace.spec, finalizers } };
      await transport.update(NAMESPACES, emptied, { subresource: 'finalize' });
    } catch (error) {
      if (!hasReason(error, 'NotFound')) throw error;
    }
  }

  return controller;
}

async function inParallel<I>(items: readonly I[], action: (item: I) => Promise<void>): Promise<void> {
  let next = 0;
  const worker = async (): Promise<void> => {
    for (let item = items[next++]; item !== undefined; item = items[next++]) await action(item);
  };
  await Promise.all(Array.from({ length: Math.min(PARALLEL, items.length) }, worker));
}
