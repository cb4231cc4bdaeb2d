/** Mirrors custom Endpoints of Services without selector into EndpointSlices, since kube-proxy reads only those. */
import { keyOf } from '../../client/informer.ts';
import { RecentWrites } from '../../client/recent-writes.ts';
import type { Component } from '../../objects/component.ts';
import { ENDPOINT_SLICES, ENDPOINTS, SERVICES } from '../../objects/resource.ts';
import type { EndpointSlice } from '../../objects/wire.ts';
import type { ControllerContext } from '../controller-context.ts';
import { KeyedController } from '../keyed-controller.ts';
import { controllerReference } from '../owner-reference.ts';
import { isMirrored, mirroredGroups, mirroredMetadata } from './mirror-endpoints.ts';
import { planSlices } from './plan-slices.ts';
import { MANAGED_BY, MIRRORING_CONTROLLER, SERVICE_NAME } from './slice-labels.ts';
import { writeSlices } from './slice-writer.ts';

/** Kubernetes' default of `--mirroring-max-endpoints-per-subset`. */
const CAPACITY = 1000;

/** The EndpointSlice mirroring controller, as a component. */
export function endpointSliceMirroringController(context: ControllerContext): Component {
  const endpoints = context.informers.informer(ENDPOINTS);
  const services = context.informers.informer(SERVICES);
  const slices = context.informers.informer(ENDPOINT_SLICES);
  const mirrors = slices.index(byEndpoints);
  const writes = new RecentWrites(slices, context.now);
  const controller = new KeyedController('endpointslicemirroring-controller', context, reconcile);
  const { queue } = controller;

  endpoints.onChange(({ object }) => queue.add(keyOf(object)));
  services.onChange(({ object }) => queue.add(keyOf(object)));
  slices.onChange(({ object }) => {
    for (const key of byEndpoints(object)) queue.add(key);
  });

  async function reconcile(key: string): Promise<void> {
    const existing = writes.overlay(mirrors.get(key), (slice) => byEndpoints(slice).includes(key));
    const object = endpoints.get(key);
    if (object === undefined || !isMirrored(object, services.get(key))) {
      if (existing.length === 0) return;
      await writeSlices(context.transport, writes, { create: [], update: [], remove: existing });
      return;
    }
    const { name = '', namespace } = object.metadata ?? {};
    for (const addressType of ['IPv4', 'IPv6'] as const) {
      const present = existing.filter((slice) => slice.addressType === addressType);
      const plan = planSlices(mirroredGroups(object, addressType), present, {
        addressType,
        capacity: CAPACITY,
        placeholder: false,
        metadata: {
          generateName: `${name}-`,
          ...(namespace === undefined ? {} : { namespace }),
          ...mirroredMetadata(object),
          ownerReferences: [controllerReference(ENDPOINTS, object)],
        },
      });
      await writeSlices(context.transport, writes, plan);
    }
  }

  return controller;
}

/** The key of the Endpoints whose mirror this slice is. */
function byEndpoints(slice: EndpointSlice): string[] {
  const { namespace, labels } = slice.metadata ?? {};
  if (labels?.[MANAGED_BY] !== MIRRORING_CONTROLLER || labels[SERVICE_NAME] === undefined) return [];
  return [`${namespace}/${labels[SERVICE_NAME]}`];
}
