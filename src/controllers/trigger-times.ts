/**
 * When that happened for which the endpoints of a Service are written: kube-proxies measure by it how long a change takes to reach
 * their rules (upstream staging/src/k8s.io/endpointslice/util/trigger_time_tracker.go). A pod's time is that of its Ready condition,
 * whole seconds; a Service has one when it is new.
 */
import { keyOf } from '../client/informer.ts';
import type { ObjectMeta, Pod, Service } from '../objects/wire.ts';
import { conditionOf } from './pod-state.ts';

export const LAST_CHANGE = 'endpoints.kubernetes.io/last-change-trigger-time';

export class TriggerTimes {
  /** Of each Service, the times of its pods by name. */
  readonly #seen = new Map<string, ReadonlyMap<string, string>>();

  /** The earliest time that is new since the last call for this Service, RFC 3339; undefined when nothing has one. */
  since(service: Service, pods: readonly Pod[]): string | undefined {
    const key = keyOf(service);
    const seen = this.#seen.get(key);
    const times = new Map<string, string>();
    let earliest: string | undefined;
    for (const pod of pods) {
      const { name = '' } = pod.metadata ?? {};
      const time = conditionOf(pod, 'Ready')?.lastTransitionTime;
      if (time === undefined) continue;
      times.set(name, time);
      // Such times have one form, which sorts as text.
      if (time > (seen?.get(name) ?? '') && (earliest === undefined || time < earliest)) earliest = time;
    }
    this.#seen.set(key, times);
    return seen === undefined ? service.metadata?.creationTimestamp : earliest;
  }

  /** The Service is gone; `key` as `keyOf` has it. */
  forget(key: string): void {
    this.#seen.delete(key);
  }
}

/** An object that is about to be written, with the time or without any. */
export function stamped<T extends { readonly metadata?: ObjectMeta }>(object: T, time: string | undefined): T {
  const { [LAST_CHANGE]: former, ...others } = object.metadata?.annotations ?? {};
  if (former === time) return object;
  const annotations = time === undefined ? others : { ...others, [LAST_CHANGE]: time };
  return { ...object, metadata: { ...object.metadata, annotations } };
}
