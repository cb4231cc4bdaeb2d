/**
 * Everything the zone answers from, in maps by name and by address, changed with each event of the API. Answering never
 * scans; a changed slice costs its own Service's endpoints.
 */
import type { EndpointSlice, Namespace, Service } from '../objects/wire.ts';
import { type ServiceEntry, serviceEntry } from './service-entry.ts';

const SERVICE_NAME = 'kubernetes.io/service-name';

export class RecordIndex {
  readonly #namespaces = new Set<string>();
  readonly #services = new Map<string, Service>();
  /** By Service, then by slice. */
  readonly #slices = new Map<string, Map<string, EndpointSlice>>();
  /** Slice → Service. */
  readonly #owners = new Map<string, string>();
  readonly #entries = new Map<string, ServiceEntry>();
  readonly #clusterIps = new Map<string, Set<string>>();
  readonly #endpointIps = new Map<string, Map<string, Set<string>>>();
  #serial = Math.floor(Date.now() / 1000);
  #version = 0;

  /** Changes with everything that is set. */
  get version(): number {
    return this.#version;
  }

  /** Seconds since the epoch of the last change: the zone's serial. */
  get serial(): number {
    return this.#serial;
  }

  hasNamespace(name: string): boolean {
    return this.#namespaces.has(name);
  }

  /** The Service of that name; names are in lower case. */
  service(namespace: string, name: string): ServiceEntry | undefined {
    return this.#entries.get(`${namespace}/${name}`);
  }

  /** The Service whose ClusterIP this is, as `namespace/name`. */
  serviceOfClusterIp(ip: string): string | undefined {
    return this.#clusterIps.get(ip)?.values().next().value;
  }

  /** The endpoints at this address: label and `namespace/name` of each Service that has one. */
  endpointsAt(ip: string): readonly { label: string; service: string }[] {
    const owners = this.#endpointIps.get(ip) ?? new Map<string, Set<string>>();
    return [...owners].flatMap(([service, labels]) => [...labels].map((label) => ({ label, service })));
  }

  setNamespace({ metadata }: Namespace, exists: boolean): void {
    if (exists) this.#namespaces.add(metadata?.name ?? '');
    else this.#namespaces.delete(metadata?.name ?? '');
    this.#touch();
  }

  setService(service: Service, exists: boolean): void {
    const key = `${service.metadata?.namespace}/${service.metadata?.name}`;
    if (exists) this.#services.set(key, service);
    else this.#services.delete(key);
    this.#rebuild(key);
  }

  setSlice(slice: EndpointSlice, exists: boolean): void {
    const { namespace, name, labels } = slice.metadata ?? {};
    const id = `${namespace}/${name}`;
    const owner = labels?.[SERVICE_NAME];
    const key = !exists || owner === undefined ? undefined : `${namespace}/${owner}`;
    const former = this.#owners.get(id);
    if (former !== undefined && former !== key) {
      this.#slices.get(former)?.delete(id);
      if (this.#slices.get(former)?.size === 0) this.#slices.delete(former);
      this.#owners.delete(id);
      this.#rebuild(former);
    }
    if (key === undefined) return;
    this.#owners.set(id, key);
    const slices = this.#slices.get(key) ?? new Map<string, EndpointSlice>();
    this.#slices.set(key, slices.set(id, slice));
    this.#rebuild(key);
  }

  #rebuild(key: string): void {
    this.#forget(key);
    this.#touch();
    const service = this.#services.get(key);
    if (service === undefined) return;
    const entry = serviceEntry(service, [...(this.#slices.get(key)?.values() ?? [])]);
    this.#entries.set(key, entry);
    for (const ip of entry.clusterIps) added(this.#clusterIps, ip).add(key);
    for (const [label, addresses] of entry.endpoints) {
      for (const ip of addresses) {
        const owners = this.#endpointIps.get(ip) ?? new Map<string, Set<string>>();
        this.#endpointIps.set(ip, owners);
        added(owners, key).add(label);
      }
    }
  }

  #forget(key: string): void {
    const entry = this.#entries.get(key);
    if (entry === undefined) return;
    this.#entries.delete(key);
    for (const ip of entry.clusterIps) {
      this.#clusterIps.get(ip)?.delete(key);
      if (this.#clusterIps.get(ip)?.size === 0) this.#clusterIps.delete(ip);
    }
    for (const ip of [...entry.endpoints.values()].flat()) {
      this.#endpointIps.get(ip)?.delete(key);
      if (this.#endpointIps.get(ip)?.size === 0) this.#endpointIps.delete(ip);
    }
  }

  #touch(): void {
    this.#version += 1;
    this.#serial = Math.floor(Date.now() / 1000);
  }
}

function added<K>(map: Map<K, Set<string>>, key: K): Set<string> {
  const set = map.get(key) ?? new Set<string>();
  map.set(key, set);
  return set;
}
