/**
 * Which pods a Service selects and which Services select a pod, by indexes on label pairs: a change costs what it
 * touches, not what there is. Shared by the EndpointSlice and the Endpoints controller.
 */
import { type Informer, type InformerChange, keyOf } from '../client/informer.ts';
import type { InformerFactory } from '../client/informer-factory.ts';
import type { ObjectIndex } from '../client/object-index.ts';
import { matchesPairs } from '../objects/label-selector.ts';
import { PODS, SERVICES } from '../objects/resource.ts';
import type { Pod, Service } from '../objects/wire.ts';

/** The selector of a Service whose endpoints are its pods; undefined for ExternalName and selector-less ones. */
export function selectorOf(service: Service): Record<string, string> | undefined {
  const { selector, type } = service.spec ?? {};
  if (type === 'ExternalName' || selector === undefined || Object.keys(selector).length === 0) return undefined;
  return selector;
}

export class ServicePods {
  readonly services: Informer<Service>;
  readonly pods: Informer<Pod>;
  readonly #podsByPair: ObjectIndex<Pod>;
  readonly #servicesByPair: ObjectIndex<Service>;

  constructor(informers: InformerFactory) {
    this.services = informers.informer(SERVICES);
    this.pods = informers.informer(PODS);
    this.#podsByPair = this.pods.index((pod) => pairsOf(pod.metadata?.namespace, pod.metadata?.labels));
    this.#servicesByPair = this.services.index((service) =>
      // One pair is enough to find a Service by: a pod it selects has them all.
      pairsOf(service.metadata?.namespace, selectorOf(service)).slice(0, 1),
    );
  }

  /** The pods a Service selects. */
  podsOf(service: Service): Pod[] {
    const selector = selectorOf(service);
    if (selector === undefined) return [];
    const candidates = pairsOf(service.metadata?.namespace, selector).map((pair) => this.#podsByPair.get(pair));
    const fewest = candidates.reduce((a, b) => (b.length < a.length ? b : a));
    return fewest.filter((pod) => matchesPairs(selector, pod.metadata?.labels));
  }

  /** Keys of the Services a pod's change concerns: those that select it now, or did before. */
  servicesConcerned(change: InformerChange<Pod>): Set<string> {
    const keys = new Set(this.#servicesOf(change.object));
    if (change.type === 'updated' && change.previous.metadata?.labels !== change.object.metadata?.labels) {
      for (const key of this.#servicesOf(change.previous)) keys.add(key);
    }
    return keys;
  }

  #servicesOf(pod: Pod): string[] {
    return pairsOf(pod.metadata?.namespace, pod.metadata?.labels)
      .flatMap((pair) => this.#servicesByPair.get(pair))
      .filter((service) => matchesPairs(selectorOf(service) ?? {}, pod.metadata?.labels))
      .map(keyOf);
  }
}

function pairsOf(namespace = '', labels: Readonly<Record<string, string>> = {}): string[] {
  return Object.entries(labels).map(([key, value]) => `${namespace}/${key}=${value}`);
}
