/**
 * Publishes the API itself: Service `default/kubernetes` with the Endpoints and the EndpointSlice of the API servers, and
 * puts them right when somebody changes or deletes them (in Kubernetes the API server does this).
 */
import { isDeepStrictEqual } from 'node:util';
import { keyOf } from '../client/informer.ts';
import type { Component } from '../objects/component.ts';
import { ENDPOINT_SLICES, ENDPOINTS, type ResourceType, SERVICES } from '../objects/resource.ts';
import { hasReason } from '../objects/transport.ts';
import type { ApiObject, EndpointSlice, Endpoints, Service } from '../objects/wire.ts';
import type { ControllerContext } from './controller-context.ts';
import { KeyedController } from './keyed-controller.ts';

export interface KubernetesServiceOptions {
  /** The first address of the Service CIDR: `10.96.0.1`. */
  readonly clusterIP: string;
  /** Where API servers listen: the control-plane nodes' addresses. */
  readonly addresses: readonly string[];
  /** The port they listen on: 6443. */
  readonly port: number;
}

const KEY = 'default/kubernetes';
const META = { name: 'kubernetes', namespace: 'default' };
/** The port of the Service. */
const HTTPS = 443;

/** The three objects as they should be. Pure. */
export function kubernetesService(options: KubernetesServiceOptions): {
  readonly service: Service;
  readonly endpoints: Endpoints;
  readonly slice: EndpointSlice;
} {
  const { clusterIP, addresses, port } = options;
  const ports = [{ name: 'https', port, protocol: 'TCP' }];
  return {
    service: {
      metadata: { ...META, labels: { component: 'apiserver', provider: 'kubernetes' } },
      spec: { clusterIP, ports: [{ name: 'https', port: HTTPS, protocol: 'TCP', targetPort: port }] },
    },
    // Without the label the mirroring controller would make a second slice of it.
    endpoints: {
      metadata: { ...META, labels: { 'endpointslice.kubernetes.io/skip-mirror': 'true' } },
      subsets: [{ addresses: addresses.map((ip) => ({ ip })), ports }],
    },
    slice: {
      metadata: { ...META, labels: { 'kubernetes.io/service-name': 'kubernetes' } },
      addressType: addresses[0]?.includes(':') === true ? 'IPv6' : 'IPv4',
      endpoints: addresses.map((ip) => ({ addresses: [ip], conditions: { ready: true } })),
      ports,
    },
  };
}

/** The publisher, as a component. */
export function kubernetesServicePublisher(context: ControllerContext, options: KubernetesServiceOptions): Component {
  const { transport } = context;
  const wanted = kubernetesService(options);
  const services = context.informers.informer(SERVICES);
  const endpoints = context.informers.informer(ENDPOINTS);
  const slices = context.informers.informer(ENDPOINT_SLICES);
  const controller = new KeyedController('kubernetes-service', context, reconcile);
  const { queue } = controller;
  const changed = ({ object }: { readonly object: ApiObject }): void => {
    if (keyOf(object) === KEY) queue.add(KEY);
  };
  services.onChange(changed);
  endpoints.onChange(changed);
  slices.onChange(changed);
  queue.add(KEY);

  async function reconcile(): Promise<void> {
    if (services.get(KEY) === undefined) await create(SERVICES, wanted.service);
    const { subsets } = wanted.endpoints;
    await put(ENDPOINTS, endpoints.get(KEY), wanted.endpoints, (present) => ({ ...present, subsets: subsets! }));
    const { endpoints: addresses, ports } = wanted.slice;
    await put(ENDPOINT_SLICES, slices.get(KEY), wanted.slice, (present) => ({
      ...present,
      endpoints: addresses,
      ports: ports!,
    }));
  }

  async function put<T extends ApiObject>(
    type: ResourceType<T>,
    present: T | undefined,
    object: T,
    mend: (present: T) => T,
  ): Promise<void> {
    if (present === undefined) return await create(type, object);
    const labels = { ...present.metadata?.labels, ...object.metadata?.labels };
    const mended = { ...mend(present), metadata: { ...present.metadata, labels } };
    if (!isDeepStrictEqual(mended, present)) await transport.update(type, mended);
  }

  async function create<T extends ApiObject>(type: ResourceType<T>, object: T): Promise<void> {
    try {
      await transport.create(type, object);
    } catch (error) {
      if (!hasReason(error, 'AlreadyExists')) throw error;
    }
  }

  return controller;
}
