/**
 * Keeps the `ServicePortView`s of one node and one IP family true while Services, EndpointSlices and the node change.
 * A change marks its own Service; `update` recomputes the marked ones only, and a view that comes out equal stays the
 * same object, so a backend finds what changed by comparing references.
 */
import { isDeepStrictEqual } from 'node:util';
import type { IpFamily } from '../net/ip.ts';
import type { EndpointView, ServicePortSpec, ServicePortView, ServicePortViews } from '../objects/service-port-view.ts';
import type { EndpointSlice, Service } from '../objects/wire.ts';
import { categoriseEndpoints } from './categorise-endpoints.ts';
import { endpointsOf, serviceKeyOf } from './endpoint-slices.ts';
import { servicePortsOf } from './service-ports.ts';

export interface TrackerUpdate {
  /** Never changed afterwards. */
  readonly views: ServicePortViews;
  /** Keys of views added, changed or removed since the last update. */
  readonly changed: ReadonlySet<string>;
}

export class ServicePortTracker {
  readonly #nodeName: string;
  readonly #family: IpFamily;
  readonly #services = new Map<string, Service>();
  /** Service → slice name → slice. */
  readonly #slices = new Map<string, Map<string, EndpointSlice>>();
  readonly #dirty = new Set<string>();
  /** Service → keys of its views. */
  readonly #keys = new Map<string, readonly string[]>();
  #zone = '';
  #views: ServicePortViews = new Map();

  constructor(options: { readonly nodeName: string; readonly family: IpFamily }) {
    this.#nodeName = options.nodeName;
    this.#family = options.family;
  }

  setService(service: Service): void {
    const key = keyOfObject(service);
    this.#services.set(key, service);
    this.#dirty.add(key);
  }

  deleteService(service: Service): void {
    const key = keyOfObject(service);
    if (this.#services.delete(key)) this.#dirty.add(key);
  }

  setEndpointSlice(slice: EndpointSlice): void {
    const service = serviceKeyOf(slice);
    if (service === undefined) return;
    const slices = this.#slices.get(service) ?? new Map<string, EndpointSlice>();
    this.#slices.set(service, slices.set(slice.metadata?.name ?? '', slice));
    this.#dirty.add(service);
  }

  deleteEndpointSlice(slice: EndpointSlice): void {
    const service = serviceKeyOf(slice);
    const slices = service === undefined ? undefined : this.#slices.get(service);
    if (service === undefined || slices === undefined) return;
    if (slices.delete(slice.metadata?.name ?? '')) this.#dirty.add(service);
    if (slices.size === 0) this.#slices.delete(service);
  }

  /** The zone of this node; hints of every Service are looked at again when it changes. */
  setZone(zone: string): void {
    if (zone === this.#zone) return;
    this.#zone = zone;
    for (const key of this.#services.keys()) this.#dirty.add(key);
  }

  /** As of the last `update`. */
  get views(): ServicePortViews {
    return this.#views;
  }

  /** True when something was marked since the last `update`. */
  get isDirty(): boolean {
    return this.#dirty.size > 0;
  }

  /** The views as of now, and which of them are not what they were at the last call. */
  update(): TrackerUpdate {
    const changed = new Set<string>();
    if (this.#dirty.size > 0) {
      const views = new Map(this.#views);
      for (const serviceKey of this.#dirty) this.#refresh(serviceKey, views, changed);
      this.#dirty.clear();
      if (changed.size > 0) this.#views = views;
    }
    return { views: this.#views, changed };
  }

  #refresh(serviceKey: string, views: Map<string, ServicePortView>, changed: Set<string>): void {
    const service = this.#services.get(serviceKey);
    const specs = service === undefined ? new Map<string, ServicePortSpec>() : servicePortsOf(service, this.#family);
    for (const key of this.#keys.get(serviceKey) ?? []) {
      if (!specs.has(key) && views.delete(key)) changed.add(key);
    }
    if (specs.size === 0) this.#keys.delete(serviceKey);
    else this.#keys.set(serviceKey, [...specs.keys()]);
    if (specs.size === 0) return;

    const slices = this.#slices.get(serviceKey)?.values() ?? [];
    const endpoints = endpointsOf(serviceKey, slices, this.#family, this.#nodeName);
    for (const [key, spec] of specs) {
      const view = this.#view(spec, endpoints.get(key) ?? []);
      if (isDeepStrictEqual(view, views.get(key))) continue;
      views.set(key, view);
      changed.add(key);
    }
  }

  #view(spec: ServicePortSpec, endpoints: EndpointView[]): ServicePortView {
    const topology = { nodeName: this.#nodeName, zone: this.#zone };
    return Object.freeze({ ...spec, endpoints: categoriseEndpoints(Object.freeze(endpoints), spec, topology) });
  }
}

function keyOfObject(object: Service): string {
  return `${object.metadata?.namespace ?? ''}/${object.metadata?.name ?? ''}`;
}
