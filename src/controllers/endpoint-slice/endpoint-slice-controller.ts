/**
 * EndpointSlices of Services with a selector: from pods to endpoints to slices, per IP family. Which pods, which
 * endpoints and which slices is decided elsewhere; here events find their Services and plans are written.
 */
import { type InformerChange, keyOf } from '../../client/informer.ts';
import { RecentWrites } from '../../client/recent-writes.ts';
import type { Component } from '../../objects/component.ts';
import { ENDPOINT_SLICES, NODES, SERVICES } from '../../objects/resource.ts';
import type { Endpoint, EndpointSlice, Node, Pod, Service } from '../../objects/wire.ts';
import type { ControllerContext } from '../controller-context.ts';
import { KeyedController } from '../keyed-controller.ts';
import { controllerReference } from '../owner-reference.ts';
import { ServicePods, selectorOf } from '../service-pods.ts';
import { TriggerTimes } from '../trigger-times.ts';
import { type EndpointGroup, planSlices, type SlicePlan } from './plan-slices.ts';
import { addressFor, addressTypesOf, podEndpoint } from './pod-endpoint.ts';
import { MANAGED_BY, SERVICE_NAME, SLICE_CONTROLLER, sliceLabels } from './slice-labels.ts';
import { type AddressType, portsKey, type SlicePort, slicePortsFor } from './slice-ports.ts';
import { writeSlices } from './slice-writer.ts';

/** Kubernetes' default of `--max-endpoints-per-slice`. */
const CAPACITY = 100;
const CONCURRENCY = 5;
const ZONE = 'topology.kubernetes.io/zone';

/** The EndpointSlice controller, as a component. */
export function endpointSliceController(
  context: ControllerContext,
  options: { readonly endpointsPerSlice?: number } = {},
): Component {
  const servicePods = new ServicePods(context.informers);
  const { services, pods } = servicePods;
  const nodes = context.informers.informer(NODES);
  const slices = context.informers.informer(ENDPOINT_SLICES);
  const slicesOfService = slices.index(byService);
  const writes = new RecentWrites(slices, context.now);
  const triggers = new TriggerTimes();
  const controller = new KeyedController('endpointslice-controller', context, reconcile, { concurrency: CONCURRENCY });
  const { queue } = controller;

  services.onChange(({ object }) => queue.add(keyOf(object)));
  pods.onChange((change) => {
    if (change.type === 'updated' && !concernsEndpoints(change.previous, change.object)) return;
    for (const key of servicePods.servicesConcerned(change)) queue.add(key);
  });
  nodes.onChange((change) => {
    if (!concernsPlacement(change)) return;
    for (const service of services.list()) if (selectorOf(service) !== undefined) queue.add(keyOf(service));
  });
  slices.onChange((change) => {
    const versions = change.type === 'updated' ? [change.object, change.previous] : [change.object];
    for (const key of versions.flatMap(byService)) queue.add(key);
  });

  async function reconcile(key: string): Promise<void> {
    const service = services.get(key);
    // A Service that is gone takes its slices with it (garbage collection); one without selector keeps its owner's.
    if (service === undefined) triggers.forget(key);
    if (service === undefined || selectorOf(service) === undefined) return;
    if (service.metadata?.deletionTimestamp !== undefined) return;
    const selected = servicePods.podsOf(service);
    const trigger = triggers.since(service, selected);
    const existing = writes.overlay(slicesOfService.get(key), (slice) => byService(slice).includes(key));
    const types = addressTypesOf(service);
    const plans = types.map((type) => planFor(service, selected, existing, type));
    const obsolete = existing.filter(({ addressType }) => !types.includes(addressType as AddressType));
    for (const plan of [...plans, { create: [], update: [], remove: obsolete }]) {
      await writeSlices(context.transport, writes, plan, trigger);
    }
  }

  function planFor(
    service: Service,
    selected: readonly Pod[],
    existing: readonly EndpointSlice[],
    type: AddressType,
  ): SlicePlan {
    const groups = new Map<string, { ports: SlicePort[]; endpoints: Endpoint[] }>();
    for (const pod of selected) {
      const address = addressFor(pod, type);
      if (address === undefined) continue;
      const node = nodes.get(pod.spec?.nodeName ?? '');
      const lost = pod.spec?.nodeName !== undefined && node === undefined;
      if (lost && service.spec?.publishNotReadyAddresses !== true) continue;
      const ports = slicePortsFor(service, pod);
      const group = groups.get(portsKey(ports)) ?? { ports, endpoints: [] };
      group.endpoints.push(podEndpoint(service, pod, address, node));
      groups.set(portsKey(ports), group);
    }
    const { name = '', namespace } = service.metadata ?? {};
    return planSlices(
      [...groups.values()] satisfies EndpointGroup[],
      existing.filter(({ addressType }) => addressType === type),
      {
        addressType: type,
        capacity: options.endpointsPerSlice ?? CAPACITY,
        placeholder: true,
        metadata: {
          generateName: `${name}-`,
          ...(namespace === undefined ? {} : { namespace }),
          labels: sliceLabels(service),
          ownerReferences: [controllerReference(SERVICES, service)],
        },
      },
    );
  }

  return controller;
}

/** The key of the Service whose slice this is, if we keep it. */
function byService(slice: EndpointSlice): string[] {
  const { namespace, labels } = slice.metadata ?? {};
  if (labels?.[MANAGED_BY] !== SLICE_CONTROLLER || labels[SERVICE_NAME] === undefined) return [];
  return [`${namespace}/${labels[SERVICE_NAME]}`];
}

/** Whether an update of a pod can change an endpoint: most only change times and counts. */
export function concernsEndpoints(previous: Pod, next: Pod): boolean {
  return endpointFacts(previous) !== endpointFacts(next);
}

function endpointFacts(pod: Pod): string {
  const { podIP, podIPs, phase, conditions } = pod.status ?? {};
  const { nodeName, hostname, subdomain } = pod.spec ?? {};
  const ready = conditions?.find(({ type }) => type === 'Ready')?.status;
  const { labels, deletionTimestamp, uid } = pod.metadata ?? {};
  const going = deletionTimestamp !== undefined;
  return JSON.stringify([podIP, podIPs, phase, ready, nodeName, hostname, subdomain, labels, going, uid]);
}

function concernsPlacement(change: InformerChange<Node>): boolean {
  if (change.type !== 'updated') return true;
  return change.previous.metadata?.labels?.[ZONE] !== change.object.metadata?.labels?.[ZONE];
}
