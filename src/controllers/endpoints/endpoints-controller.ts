/** Legacy Endpoints of Services with a selector: one object of the Service's name, for clients that still read them. */
import { isDeepStrictEqual } from 'node:util';
import { keyOf } from '../../client/informer.ts';
import { RecentWrites } from '../../client/recent-writes.ts';
import type { Component } from '../../objects/component.ts';
import { ENDPOINTS } from '../../objects/resource.ts';
import { hasReason } from '../../objects/transport.ts';
import type { Endpoints, Service } from '../../objects/wire.ts';
import type { ControllerContext } from '../controller-context.ts';
import { concernsEndpoints } from '../endpoint-slice/endpoint-slice-controller.ts';
import { HEADLESS } from '../endpoint-slice/slice-labels.ts';
import { KeyedController } from '../keyed-controller.ts';
import { isNamespaceTerminating } from '../pod-control.ts';
import { ServicePods, selectorOf } from '../service-pods.ts';
import { isHeadless } from '../service-port.ts';
import { stamped, TriggerTimes } from '../trigger-times.ts';
import { subsetsOf } from './subsets.ts';

export const ENDPOINTS_MANAGED_BY = 'endpoints.kubernetes.io/managed-by';
const MANAGER = 'endpoint-controller';
const OVER_CAPACITY = 'endpoints.kubernetes.io/over-capacity';
const CONCURRENCY = 5;

/** The Endpoints controller, as a component. */
export function endpointsController(context: ControllerContext): Component {
  const { transport } = context;
  const servicePods = new ServicePods(context.informers);
  const { services, pods } = servicePods;
  const endpoints = context.informers.informer(ENDPOINTS);
  const writes = new RecentWrites(endpoints, context.now);
  const triggers = new TriggerTimes();
  const controller = new KeyedController('endpoints-controller', context, reconcile, { concurrency: CONCURRENCY });
  const { queue } = controller;

  /** Services seen to go: their Endpoints go with them, also those a user wrote. */
  const gone = new Set<string>();

  services.onChange((change) => {
    const key = keyOf(change.object);
    if (change.type === 'deleted') gone.add(key);
    else gone.delete(key);
    queue.add(key);
  });
  pods.onChange((change) => {
    if (change.type === 'updated' && !concernsEndpoints(change.previous, change.object)) return;
    for (const key of servicePods.servicesConcerned(change)) queue.add(key);
  });
  endpoints.onChange(({ object }) => queue.add(keyOf(object)));

  async function reconcile(key: string): Promise<void> {
    const service = services.get(key);
    const present = writes.get(key);
    if (service === undefined) {
      if (present !== undefined && (gone.has(key) || isOurs(present))) await remove(present);
      gone.delete(key);
      triggers.forget(key);
      return;
    }
    if (selectorOf(service) === undefined || service.metadata?.deletionTimestamp !== undefined) return;
    const wanted = endpointsOf(service, present);
    const trigger = triggers.since(service, servicePods.podsOf(service));
    try {
      if (present === undefined) writes.wrote(await transport.create(ENDPOINTS, stamped(wanted, trigger)));
      else if (!isSame(present, wanted)) writes.wrote(await transport.update(ENDPOINTS, stamped(wanted, trigger)));
    } catch (error) {
      if (!isNamespaceTerminating(error)) throw error;
    }
  }

  function endpointsOf(service: Service, present: Endpoints | undefined): Endpoints {
    const { name = '', namespace, labels } = service.metadata ?? {};
    const { subsets, truncated } = subsetsOf(service, servicePods.podsOf(service));
    const { [OVER_CAPACITY]: _former, ...annotations } = present?.metadata?.annotations ?? {};
    if (truncated) annotations[OVER_CAPACITY] = 'truncated';
    const { [HEADLESS]: _headless, ...own } = labels ?? {};
    return {
      ...present,
      metadata: {
        ...present?.metadata,
        name,
        ...(namespace === undefined ? {} : { namespace }),
        labels: { ...own, ...(isHeadless(service) ? { [HEADLESS]: '' } : {}), [ENDPOINTS_MANAGED_BY]: MANAGER },
        ...(Object.keys(annotations).length > 0 || present?.metadata?.annotations !== undefined ? { annotations } : {}),
      },
      subsets,
    };
  }

  async function remove(object: Endpoints): Promise<void> {
    const { name = '', namespace = '', uid } = object.metadata ?? {};
    try {
      const preconditions = uid === undefined ? {} : { preconditions: { uid } };
      await transport.delete(ENDPOINTS, { name, namespace }, preconditions);
    } catch (error) {
      if (!hasReason(error, 'NotFound')) throw error;
    }
    writes.deleted(object);
  }

  return controller;
}

/** Made by this controller: Endpoints that a user wrote ahead of their Service are the user's. */
function isOurs(object: Endpoints): boolean {
  return object.metadata?.labels?.[ENDPOINTS_MANAGED_BY] === MANAGER;
}

function isSame(a: Endpoints, b: Endpoints): boolean {
  return (
    isDeepStrictEqual(a.subsets ?? [], b.subsets ?? []) &&
    isDeepStrictEqual(a.metadata?.labels ?? {}, b.metadata?.labels ?? {}) &&
    isDeepStrictEqual(a.metadata?.annotations ?? {}, b.metadata?.annotations ?? {})
  );
}
